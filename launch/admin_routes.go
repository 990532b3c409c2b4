package launch

import (
	"net/http"

	"ltipolicy/launch/download"
	"ltipolicy/launch/web"
	"ltipolicy/store"
)

// adminRoutes are the pages of administrators with the powers that each needs, any of those named; without
// any it needs a site administrator by signed role.
func (s *Server) adminRoutes(handle func(string, web.Guarded)) {
	const l = "/l/{launch}/admin"
	handle("GET "+l, s.inAdmin(s.adminList, store.PowerPolicies, store.PowerReport))
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request, admin) error{
		"GET " + l + "/policies/{policy}":         s.adminPolicy,
		"GET " + l + "/policies/{policy}/compare": s.comparePolicy,
		"GET " + l + "/policies/{policy}/figures": s.adminFigures,
		"GET " + l + "/versions/{version}":        s.adminVersion,
	} {
		handle(pattern, s.inAdmin(h, store.PowerPolicies, store.PowerReport))
	}
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request, admin) error{
		"GET " + l + "/policies/new":                       s.newPolicy,
		"POST " + l + "/policies/new":                      s.createPolicy,
		"POST " + l + "/policies/new/typing":               s.typeNew,
		"POST " + l + "/policies/new/typing/discard":       s.discardNew,
		"POST " + l + "/versions/{version}/typing":         s.typeDraft,
		"POST " + l + "/versions/{version}/typing/discard": s.discardTyping,
		"POST " + l + "/images":                            s.addImage,
		"POST " + l + "/policies/{policy}/move":            s.movePolicy,
		"POST " + l + "/versions/{version}/draft":          s.draftFrom,
		"GET " + l + "/versions/{version}/edit":            s.editDraft,
		"POST " + l + "/versions/{version}/edit":           s.saveDraft,
		"GET " + l + "/versions/{version}/publish":         s.publishDialog,
		"POST " + l + "/versions/{version}/publish":        s.publish,
		"POST " + l + "/versions/{version}/unschedule":     s.unschedule,
		"GET " + l + "/versions/{version}/delete":          s.confirmDelete,
		"POST " + l + "/versions/{version}/delete":         s.deleteDraft,
		"GET " + l + "/versions/{version}/inactivate":      s.confirmInactivate,
		"POST " + l + "/versions/{version}/inactivate":     s.inactivate,
	} {
		handle(pattern, s.inAdmin(h, store.PowerPolicies))
	}
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request, admin) error{
		"GET " + l + "/report":                       s.adminReport,
		"GET " + l + "/report.csv":                   s.reportCSV,
		"GET " + l + "/report.xlsx":                  s.reportXLSX,
		"GET " + l + "/report.json":                  s.reportJSON,
		"GET " + l + "/report.xml":                   s.reportXML,
		"GET " + l + "/people/{site}/{user}":         s.adminPerson,
		"GET " + l + "/people/{site}/{user}/{event}": s.personText,

		"GET " + l + "/people/{site}/{user}/record":      s.personRecord,
		"GET " + l + "/people/{site}/{user}/record.json": s.personRecordAs(download.RecordJSON),
		"GET " + l + "/people/{site}/{user}/record.xml":  s.personRecordAs(download.RecordXML),
	} {
		handle(pattern, s.inAdmin(h, store.PowerReport, store.PowerBehalf))
	}
	handle("POST "+l+"/report", s.inAdmin(s.behalfMany, store.PowerBehalf))
	handle("POST "+l+"/people/{site}/{user}", s.inAdmin(s.behalfOne, store.PowerBehalf))
	handle("GET "+l+"/versions/{version}/asked", s.inAdmin(s.adminAsked, store.PowerReport))
	handle("GET "+l+"/grants", s.inAdmin(s.adminGrants))
	handle("POST "+l+"/grants", s.inAdmin(s.setGrants))
	handle("GET "+l+"/log", s.inAdmin(s.adminLog))
	handle("GET "+l+"/log.csv", s.inAdmin(s.logCSV))
}
