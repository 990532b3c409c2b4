package admin

import (
	"net/http"
	"strings"

	"ltipolicy/launch/download"
	"ltipolicy/launch/web"
	"ltipolicy/store"
)

// Routes adds the pages of administrators, each with the powers of which it needs any; without any it needs a site
// administrator by signed role.
func (o *Office) Routes(rs *web.Routes) {
	handle := func(pattern string, h handler, anyOf ...store.Power) {
		method, page, _ := strings.Cut(pattern, " ")
		g := o.inAdmin(h, anyOf...)
		if method == http.MethodPost {
			g = g.Uploads()
		}
		rs.Handle(method+" /l/{launch}/admin"+page, g)
	}
	file := func(pattern string, h handler, anyOf ...store.Power) {
		rs.Handle("GET /l/{launch}/admin"+pattern, o.inAdmin(h, anyOf...).File())
	}
	const policies, report, behalf = store.PowerPolicies, store.PowerReport, store.PowerBehalf

	// Policies and their versions.
	handle("GET ", o.list, policies, report)
	handle("GET /policies/new", o.newPolicy, policies)
	handle("POST /policies/new", o.createPolicy, policies)
	handle("POST /policies/new/typing", o.typeNew, policies)
	handle("POST /policies/new/typing/discard", o.discardNew, policies)
	handle("GET /policies/{policy}", o.versions, policies, report)
	handle("GET /policies/{policy}/compare", o.compare, policies, report)
	handle("GET /policies/{policy}/figures", o.figures, policies, report)
	handle("POST /policies/{policy}/move", o.movePolicy, policies)
	handle("GET /versions/{version}", o.version, policies, report)
	handle("POST /versions/{version}/draft", o.draftFrom, policies)
	handle("GET /versions/{version}/edit", o.editDraft, policies)
	handle("POST /versions/{version}/edit", o.saveDraft, policies)
	handle("POST /versions/{version}/typing", o.typeDraft, policies)
	handle("POST /versions/{version}/typing/discard", o.discardTyping, policies)
	handle("GET /versions/{version}/publish", o.publishDialog, policies)
	handle("POST /versions/{version}/publish", o.publish, policies)
	handle("GET /versions/{version}/asked", o.asked, report)
	handle("POST /versions/{version}/unschedule", o.unschedule, policies)
	handle("GET /versions/{version}/delete", o.confirmDelete, policies)
	handle("POST /versions/{version}/delete", o.deleteDraft, policies)
	handle("GET /versions/{version}/inactivate", o.confirmInactivate, policies)
	handle("POST /versions/{version}/inactivate", o.inactivate, policies)
	handle("POST /images", o.addImage, policies)

	// Who answered what.
	handle("GET /report", o.report, report, behalf)
	handle("POST /report", o.behalfMany, behalf)
	file("/report.csv", o.reportCSV, report, behalf)
	file("/report.xlsx", o.reportXLSX, report, behalf)
	file("/report.json", o.reportJSON, report, behalf)
	file("/report.xml", o.reportXML, report, behalf)
	handle("GET /people/{site}/{user}", o.showPerson, report, behalf)
	handle("POST /people/{site}/{user}", o.behalfOne, behalf)
	handle("GET /people/{site}/{user}/{event}", o.personText, report, behalf)
	file("/people/{site}/{user}/{event}/receipt.json", o.personReceipt, report, behalf)
	handle("GET /people/{site}/{user}/{event}/sheet", o.personSheet, report, behalf)
	file("/people/{site}/{user}/{event}/sheet.json", o.personSheetAs(download.SheetJSON), report, behalf)
	file("/people/{site}/{user}/{event}/sheet.xml", o.personSheetAs(download.SheetXML), report, behalf)
	file("/policies/{policy}/consents.csv", o.consents(func(r *http.Request) download.Format { return download.CSV(r.URL.Query().Get("bom") == "1") }), report)
	file("/policies/{policy}/consents.xlsx", o.consents(func(*http.Request) download.Format { return download.XLSX(o.Now()) }), report)
	file("/policies/{policy}/consents.json", o.consents(func(*http.Request) download.Format { return download.JSON() }), report)
	file("/policies/{policy}/consents.xml", o.consents(func(*http.Request) download.Format { return download.XML() }), report)
	handle("GET /people/{site}/{user}/record", o.personRecord, report, behalf)
	file("/people/{site}/{user}/record.json", o.personRecordAs(download.RecordJSON), report, behalf)
	file("/people/{site}/{user}/record.xml", o.personRecordAs(download.RecordXML), report, behalf)

	// Rights, and what was done.
	handle("GET /grants", o.grants)
	handle("POST /grants", o.setGrants)
	handle("POST /busy", o.setBusy)
	handle("POST /zone", o.setZone)
	handle("POST /addresses", o.setAddresses)
	handle("GET /people/{site}/{user}/visits", o.confirmEndOfPerson)
	handle("POST /people/{site}/{user}/visits", o.endOfPerson)
	handle("GET /sites/{site}/visits", o.confirmEndOfSite)
	handle("POST /sites/{site}/visits", o.endOfSite)
	handle("GET /log", o.log)
	file("/log.csv", o.logCSV)
}
