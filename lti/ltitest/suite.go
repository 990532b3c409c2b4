package ltitest

import "ltipolicy/lti"

// BadLaunch is a launch of the certification suite's list of known bad payloads. Every one must be refused
// with one of the codes and without a session.
type BadLaunch struct {
	ID    string // B1 to B12
	Name  string
	Role  string // Teacher or Learner
	Codes []lti.Code
	Token func(Target) string
}

// BadLaunches lists the twelve known bad payloads, each as teacher and as learner.
func BadLaunches() []BadLaunch {
	edited := func(e ...Edit) func(Target) string { return func(t Target) string { return t.Token(e...) } }
	only := func(claims map[string]any) Edit {
		return func(c, _ map[string]any) {
			clear(c)
			for k, v := range claims {
				c[k] = v
			}
		}
	}
	var out []BadLaunch
	for _, role := range []string{Teacher, Learner} {
		out = append(out,
			BadLaunch{"B1", "no kid in the header", role, []lti.Code{lti.KidMissing}, edited(Header("kid", nil))},
			BadLaunch{"B2", "incorrect kid", role, []lti.Code{lti.KidUnknown}, edited(Header("kid", "imstester_66067"))},
			BadLaunch{"B3", "wrong LTI version", role, []lti.Code{lti.VersionUnsupported}, edited(Set(ClaimVersion, "11.3"))},
			BadLaunch{"B4", "no LTI version", role, []lti.Code{lti.ClaimMissing}, edited(Drop(ClaimVersion))},
			BadLaunch{"B5", "invalid LTI message", role,
				[]lti.Code{lti.IssuerMismatch, lti.AudienceMismatch, lti.NonceMissing, lti.ClaimMissing},
				edited(only(map[string]any{"name": "badltilaunch"}))},
			BadLaunch{"B6", "missing LTI claims", role,
				[]lti.Code{lti.IssuerMismatch, lti.AudienceMismatch, lti.ClaimMissing, lti.SubjectMissing},
				edited(Drop("aud", "iss", "sub", ClaimDeployment, ClaimRoles))},
			BadLaunch{"B7", "timestamps incorrect", role, []lti.Code{lti.TokenExpired}, edited(Set("iat", 11111), Set("exp", 22222))},
			BadLaunch{"B8", "message_type missing", role, []lti.Code{lti.ClaimMissing, lti.MessageUnsupported}, edited(Drop(ClaimMessageType))},
			BadLaunch{"B9", "roles missing", role, []lti.Code{lti.ClaimMissing}, edited(Drop(ClaimRoles))},
			BadLaunch{"B10", "deployment_id missing", role, []lti.Code{lti.ClaimMissing, lti.DeploymentUnknown}, edited(Drop(ClaimDeployment))},
			BadLaunch{"B11", "resource_link_id missing", role, []lti.Code{lti.ClaimMissing}, edited(Drop(ClaimResourceLink))},
			BadLaunch{"B12", "user missing", role, []lti.Code{lti.SubjectMissing}, edited(Drop("sub"))},
		)
	}
	return out
}

// ValidLaunch is a launch of the certification suite that a tool must take, and what it says about the
// person. Name, Email and Context tell whether the launch carries them.
type ValidLaunch struct {
	Title                string
	Role                 string // Teacher or Learner, as the suite groups them
	Instructor, Learner  bool   // what the tool may conclude from the roles
	Name, Email, Context bool
	Token                func(Target) string
}

// ValidLaunches lists the nine valid launches, each as teacher and as learner.
func ValidLaunches() []ValidLaunch {
	const institution = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
	names := []string{"name", "given_name", "family_name", "middle_name"}
	edited := func(e ...Edit) func(Target) string { return func(t Target) string { return t.Token(e...) } }
	var out []ValidLaunch
	for _, role := range []string{Teacher, Learner} {
		teacher := role == Teacher
		uri, short, analog := RoleLearner, "Learner", "Student"
		if teacher {
			uri, short, analog = RoleInstructor, "Instructor", "Staff"
		}
		out = append(out,
			ValidLaunch{"valid launch", role, teacher, !teacher, true, true, true, edited()},
			ValidLaunch{"with roles", role, teacher, !teacher, true, true, true,
				edited(Set(ClaimRoles, []string{uri, institution + analog, institution + "Other"}))},
			ValidLaunch{"short role", role, teacher, !teacher, true, true, true, edited(Set(ClaimRoles, []string{short}))},
			ValidLaunch{"unknown role", role, false, false, true, true, true,
				edited(Set(ClaimRoles, []string{"http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"}))},
			ValidLaunch{"no role", role, false, false, true, true, true, edited(Set(ClaimRoles, []string{""}))},
			ValidLaunch{"email only", role, teacher, !teacher, false, true, true, edited(Drop(names...))},
			ValidLaunch{"names only", role, teacher, !teacher, true, false, true, edited(Drop("email"))},
			ValidLaunch{"no personal information", role, teacher, !teacher, false, false, true,
				edited(Drop(append([]string{"email", "picture"}, names...)...))},
			ValidLaunch{"email without context", role, teacher, !teacher, false, true, false,
				edited(Drop(append([]string{ClaimContext}, names...)...))},
		)
	}
	return out
}
