package launch

import (
	"ltipolicy/launch/download"
	"ltipolicy/launch/web"
)

// routes are all addresses of the tool.
func (x rooms) routes(f *web.Frame) *web.Routes {
	rs := web.NewRoutes()
	handle := rs.Handle

	// Platforms.
	handle("GET /lti/login", f.Page(x.entry.login))
	handle("POST /lti/login", f.Page(x.entry.login).FromPlatforms())
	handle("GET /lti/login/{platform}", f.Page(x.entry.login))
	handle("POST /lti/login/{platform}", f.Page(x.entry.login).FromPlatforms())
	handle("GET /lti/login/{platform}/door", f.Page(x.entry.doorLogin))
	handle("POST /lti/login/{platform}/door", f.Page(x.entry.doorLogin).FromPlatforms())
	handle("POST /lti/door/{platform}/state", f.Page(x.door.state))
	handle("POST /lti/door/{platform}/accounts", f.Page(x.door.accounts))
	handle("POST /lti/door/{platform}/connection", f.Page(x.door.connection).Slow())
	handle(web.LaunchPattern, f.Page(x.entry.launch).FromPlatforms())
	handle("GET /lti/launch", f.Page(x.entry.launchByGet))
	handle("GET /lti/jwks", f.Page(x.entry.jwks))
	handle("GET /lti/register", f.Page(x.registrar.register))
	handle("POST /lti/register", f.Page(x.registrar.confirmRegistration).Slow())
	handle("GET /lti/registered", f.Page(x.registrar.registered))

	// A launch: learner, teacher, admin.
	handle("GET /l/{launch}/pending", f.InLaunch(x.learner.pending))
	handle("POST /l/{launch}/pending", f.InLaunch(x.learner.answer))
	handle("GET /l/{launch}/announced", f.InLaunch(x.learner.announced))
	handle("POST /l/{launch}/announced", f.InLaunch(x.learner.answerEarly))
	handle("GET /l/{launch}/door", f.InLaunch(x.door.notNow))
	handle("POST /l/{launch}/door", f.InLaunch(x.door.leave))
	handle("GET /l/{launch}/saved", f.InLaunch(x.learner.saved))
	handle("GET /l/{launch}/agreements", f.InLaunch(x.learner.agreements))
	handle("POST /l/{launch}/agreements", f.InLaunch(x.learner.answerAgain))
	handle("GET /l/{launch}/agreements/{event}", f.InLaunch(x.learner.eventText))
	handle("GET /l/{launch}/agreements/{event}/receipt.json", f.InLaunch(x.learner.ownReceipt).File())
	handle("GET /l/{launch}/agreements/{event}/sheet", f.InLaunch(x.learner.ownSheet))
	handle("GET /l/{launch}/agreements/{event}/sheet.json", f.InLaunch(x.learner.ownSheetAs(download.SheetJSON)).File())
	handle("GET /l/{launch}/agreements/{event}/sheet.xml", f.InLaunch(x.learner.ownSheetAs(download.SheetXML)).File())
	handle("GET /l/{launch}/agreements/record", f.InLaunch(x.learner.ownRecord))
	handle("GET /l/{launch}/agreements/record.json", f.InLaunch(x.learner.ownRecordAs(download.RecordJSON)).File())
	handle("GET /l/{launch}/agreements/record.xml", f.InLaunch(x.learner.ownRecordAs(download.RecordXML)).File())
	handle("GET /l/{launch}/policies", f.InLaunch(x.commons.policies))
	handle("GET /l/{launch}/home", forTeachers(f, x.teacher.home))
	handle("GET /l/{launch}/select", forTeachers(f, x.selection.selectContent))
	handle("POST /l/{launch}/select", forTeachers(f, x.selection.returnContent))

	// A course's participants: the launch's own course, and any of the platform's for its administrators.
	for _, list := range []string{"/l/{launch}/participants", "/l/{launch}/courses/{course}/participants"} {
		handle("GET "+list, x.teacher.inCourse(x.teacher.participants))
		handle("POST "+list, x.teacher.inCourse(x.teacher.refreshRoster))
		handle("GET "+list+"/missing", x.teacher.inCourse(x.teacher.missing))
		handle("GET "+list+"/remind", x.teacher.inCourse(x.teacher.confirmReminder))
		handle("POST "+list+"/remind", x.teacher.inCourse(x.teacher.remind).Slow())
		handle("GET "+list+"/choices/{policy}", x.teacher.inCourse(x.teacher.choices))
		handle("GET "+list+"/choices/{policy}/list.csv", x.teacher.inCourse(x.teacher.choicesCSV).File())
		handle("GET "+list+"/choices/{policy}/list.xlsx", x.teacher.inCourse(x.teacher.choicesXLSX).File())
		handle("GET "+list+"/list.csv", x.teacher.inCourse(x.teacher.exportCSV).File())
		handle("GET "+list+"/list.xlsx", x.teacher.inCourse(x.teacher.exportXLSX).File())
	}

	x.office.Routes(rs)

	// Anyone.
	handle("GET /{platform}/policies", f.Page(x.commons.publicPolicies))
	x.archive.Routes(rs)
	handle("GET /images/sha256/{digest}", f.Page(x.commons.image))
	handle("GET /evidence/checkpoint", f.Page(x.prover.checkpoint))
	handle("GET /evidence/key", f.Page(x.prover.key))
	handle("GET /receipt", f.Page(x.prover.ask))
	handle("POST /receipt", f.Page(x.prover.verify).Uploads())
	handle("GET /.well-known/security.txt", f.Page(x.commons.securityTxt).File())
	handle("GET /{$}", f.Page(x.commons.notFound))
	handle("/", f.Page(x.commons.notFound))

	// Operators.
	handle("GET /healthz", f.Program(x.health.healthz))
	handle("GET /readyz", f.Program(x.health.readyz))

	handle("GET /static/{hash}/{file}", f.Page(x.commons.static).File())
	return rs
}
