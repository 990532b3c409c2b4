package launch

import (
	"net/http"

	"ltipolicy/launch/download"
	"ltipolicy/launch/web"
)

// Handler is the whole web of the tool.
func (s *Server) Handler() http.Handler { return s.Frame.Handler(s.routes()) }

// Routes are the addresses of the tool with who may ask for each.
func (s *Server) Routes() []web.Route { return s.routes().All() }

func (s *Server) routes() *web.Routes {
	rs := web.NewRoutes()
	handle := rs.Handle

	// Platforms.
	handle("GET /lti/login", s.Page(s.login))
	handle("POST /lti/login", s.Page(s.login).FromPlatforms())
	handle("GET /lti/login/{platform}", s.Page(s.login))
	handle("POST /lti/login/{platform}", s.Page(s.login).FromPlatforms())
	handle("GET /lti/login/{platform}/door", s.Page(s.doorLogin))
	handle("POST /lti/login/{platform}/door", s.Page(s.doorLogin).FromPlatforms())
	handle("POST /lti/door/{platform}/state", s.Page(s.doorState))
	handle(web.LaunchPattern, s.Page(s.launch).FromPlatforms())
	handle("GET /lti/launch", s.Page(s.launchByGet))
	handle("GET /lti/jwks", s.Page(s.jwks))
	handle("GET /lti/register", s.Page(s.register))
	handle("POST /lti/register", s.Page(s.confirmRegistration))
	handle("GET /lti/registered", s.Page(s.registered))

	// A launch: learner, teacher, admin.
	handle("GET /l/{launch}/pending", s.InLaunch(s.pending))
	handle("POST /l/{launch}/pending", s.InLaunch(s.answer))
	handle("GET /l/{launch}/door", s.InLaunch(s.leaveDoor))
	handle("POST /l/{launch}/door", s.InLaunch(s.leave))
	handle("GET /l/{launch}/saved", s.InLaunch(s.saved))
	handle("GET /l/{launch}/agreements", s.InLaunch(s.agreements))
	handle("POST /l/{launch}/agreements", s.InLaunch(s.answerAgain))
	handle("GET /l/{launch}/agreements/{event}", s.InLaunch(s.eventText))
	handle("GET /l/{launch}/agreements/record", s.InLaunch(s.ownRecord))
	handle("GET /l/{launch}/agreements/record.json", s.InLaunch(s.ownRecordAs(download.RecordJSON)))
	handle("GET /l/{launch}/agreements/record.xml", s.InLaunch(s.ownRecordAs(download.RecordXML)))
	handle("GET /l/{launch}/policies", s.InLaunch(s.policies))
	handle("GET /l/{launch}/home", s.InLaunch(s.home))
	handle("GET /l/{launch}/select", s.InLaunch(s.selectContent))
	handle("POST /l/{launch}/select", s.InLaunch(s.returnContent))

	// A course's participants: the launch's own course, and any of the platform's for its administrators.
	for _, list := range []string{"/l/{launch}/participants", "/l/{launch}/courses/{course}/participants"} {
		handle("GET "+list, s.inCourse(s.participants))
		handle("POST "+list, s.inCourse(s.refreshRoster))
		handle("GET "+list+"/missing", s.inCourse(s.missing))
		handle("GET "+list+"/list.csv", s.inCourse(s.exportCSV))
		handle("GET "+list+"/list.xlsx", s.inCourse(s.exportXLSX))
	}

	s.office.Routes(rs)

	// Anyone.
	handle("GET /{platform}/policies", s.Page(s.publicPolicies))
	handle("GET /images/sha256/{digest}", s.Page(s.image))
	handle("GET /{$}", s.Page(s.notFound))
	handle("/", s.Page(s.notFound))

	// Operators.
	handle("GET /healthz", s.Program(s.healthz))
	handle("GET /readyz", s.Program(s.readyz))

	handle("GET /static/{hash}/{file}", s.Page(s.static))
	return rs
}
