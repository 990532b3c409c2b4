// Package ltitest holds a platform that behaves as Moodle 4.5 does, quirks included, the hostile and the
// certification launches a tool has to stand, a user agent without scripts, and the demo's three sites.
//
// It is an independent check of package lti: it signs with crypto/rsa alone and takes only the closed set of
// codes from there. Its state lives in memory and ends with it; it is no place for real people's data.
//
// Start reading at [New], [Platform.AddTool] and [Browser.Launch].
package ltitest
