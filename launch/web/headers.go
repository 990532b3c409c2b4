package web

import (
	"net/http"
	"strings"
)

// headers sets what every answer carries. Pages load nothing from elsewhere and hold no inline script or
// style. Framing is forbidden here; FrameFor and FrameAnywhere allow it where a platform frames the tool.
func (f *Frame) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		setPolicy(h, "'self'", "'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: that would make browsers send "Origin: null" with our own forms.
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if strings.HasPrefix(f.BaseURL, "https://") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

func setPolicy(h http.Header, formAction, frameAncestors string) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
		"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action "+formAction+"; frame-ancestors "+frameAncestors)
}

// FrameFor lets the platform with this origin frame the page, and lets the page's forms end there: browsers
// apply form-action to the redirect that follows a form, too.
func FrameFor(w http.ResponseWriter, origin string) {
	if origin != "" {
		setPolicy(w.Header(), "'self' "+origin, "'self' "+origin)
	}
}

// FrameAnywhere is for refused launches and other errors without a session: the platform may be unknown, and
// the page holds nothing that a click could decide.
func FrameAnywhere(w http.ResponseWriter) { setPolicy(w.Header(), "'self'", "*") }

// FormsFor is FrameAnywhere for a page whose form may lead on to the platform with this origin.
func FormsFor(w http.ResponseWriter, origin string) { setPolicy(w.Header(), "'self' "+origin, "*") }
