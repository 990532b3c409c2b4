package launch

import "net/http"

// launchPattern is the redirect_uri that platforms know.
const launchPattern = "POST /lti/launch"

// Handler is the whole web of the tool. Middleware, outermost first:
//
//   - logRequest: everything that follows has a request id and ends in one log line
//   - headers: even a refused request carries the security headers
//   - recoverPanic: inside the log, so that a panic is a logged page
//   - limitBody: before anything reads a body
//   - limitRate: before any handler works; it may have to read a launch's body
//   - sameOrigin: before any handler that changes something
func (s *Server) Handler() http.Handler {
	return chain(s.routes(), s.logRequest, s.headers, s.recoverPanic, s.limitBody, s.limitRate, s.sameOrigin)
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h http.Handler) { mux.Handle(pattern, h) }

	// Platforms.
	handle("GET /lti/login", s.page(s.login))
	handle("POST /lti/login", s.page(s.login))
	handle("GET /lti/login/{platform}", s.page(s.login))
	handle("POST /lti/login/{platform}", s.page(s.login))
	handle("GET /lti/login/{platform}/door", s.page(s.doorLogin))
	handle("POST /lti/login/{platform}/door", s.page(s.doorLogin))
	handle("POST /lti/door/{platform}/state", s.page(s.doorState))
	handle(launchPattern, s.page(s.launch))
	handle("GET /lti/launch", s.page(s.launchByGet))
	handle("GET /lti/jwks", s.page(s.jwks))
	handle("GET /lti/register", s.page(s.register))
	handle("POST /lti/register", s.page(s.confirmRegistration))
	handle("GET /lti/registered", s.page(s.registered))

	// A launch: learner, teacher, admin.
	handle("GET /l/{launch}/pending", s.inLaunch(s.pending))
	handle("POST /l/{launch}/pending", s.inLaunch(s.answer))
	handle("GET /l/{launch}/door", s.inLaunch(s.leaveDoor))
	handle("POST /l/{launch}/door", s.inLaunch(s.leave))
	handle("GET /l/{launch}/saved", s.inLaunch(s.saved))
	handle("GET /l/{launch}/agreements", s.inLaunch(s.agreements))
	handle("POST /l/{launch}/agreements", s.inLaunch(s.answerAgain))
	handle("GET /l/{launch}/agreements/{event}", s.inLaunch(s.eventText))
	handle("GET /l/{launch}/agreements/record", s.inLaunch(s.ownRecord))
	handle("GET /l/{launch}/agreements/record.json", s.inLaunch(s.ownRecordAs(recordJSON)))
	handle("GET /l/{launch}/agreements/record.xml", s.inLaunch(s.ownRecordAs(recordXML)))
	handle("GET /l/{launch}/policies", s.inLaunch(s.policies))
	handle("GET /l/{launch}/home", s.inLaunch(s.home))
	handle("GET /l/{launch}/select", s.inLaunch(s.selectContent))
	handle("POST /l/{launch}/select", s.inLaunch(s.returnContent))

	// A course's participants: the launch's own course, and any of the platform's for its administrators.
	for _, list := range []string{"/l/{launch}/participants", "/l/{launch}/courses/{course}/participants"} {
		handle("GET "+list, s.inCourse(s.participants))
		handle("POST "+list, s.inCourse(s.refreshRoster))
		handle("GET "+list+"/missing", s.inCourse(s.missing))
		handle("GET "+list+"/list.csv", s.inCourse(s.exportCSV))
		handle("GET "+list+"/list.xlsx", s.inCourse(s.exportXLSX))
	}

	s.adminRoutes(handle)

	// Anyone.
	handle("GET /{platform}/policies", s.page(s.publicPolicies))
	handle("GET /images/sha256/{digest}", s.page(s.image))
	handle("GET /{$}", s.page(s.notFound))
	handle("/", s.page(s.notFound))

	// Operators.
	handle("GET /healthz", http.HandlerFunc(s.healthz))
	handle("GET /readyz", http.HandlerFunc(s.readyz))

	handle("GET /static/{hash}/{file}", s.page(s.static))
	return mux
}
