package ltitest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"ltipolicy/lti"
)

// Attack is a hostile or broken launch. Without codes the tool must take it and stay unharmed.
type Attack struct {
	Name  string
	Codes []lti.Code
	Token func(Target) string     // nil if the attack is in the form
	form  func(Target) url.Values // nil if the attack is in the token
	Twice bool                    // the same form again, after the first was taken
}

// Form is what the attack posts to the tool.
func (a Attack) Form(t Target) url.Values {
	if a.form != nil {
		return a.form(t)
	}
	return t.Form(a.Token(t))
}

// Expects tells whether the attack may be answered with this code.
func (a Attack) Expects(c lti.Code) bool { return slices.Contains(a.Codes, c) }

// Markup stands in every text of [MarkupEverywhere]; a page must never hold it unescaped.
const Markup = `"><script>alert(1)</script><img src=x onerror=alert(2)>`

func one(c ...lti.Code) []lti.Code { return c }

// Attacks lists every attack.
func Attacks() []Attack {
	malformed := one(lti.TokenMalformed)
	return []Attack{
		{Name: "alg none", Codes: one(lti.AlgRefused, lti.TokenMalformed), Token: AlgNone},
		{Name: "alg none with a signature", Codes: one(lti.AlgRefused), Token: AlgNoneSigned},
		{Name: "alg missing", Codes: one(lti.AlgRefused, lti.TokenMalformed), Token: AlgMissing},
		{Name: "HS256 with the public key", Codes: one(lti.AlgRefused), Token: PublicKeyAsSecret},
		{Name: "ES256 instead of RSA", Codes: one(lti.AlgRefused), Token: EllipticCurve},
		{Name: "RS512 with the right key", Codes: one(lti.AlgRefused), Token: OtherHash},
		{Name: "foreign key under the right kid", Codes: one(lti.SignatureInvalid), Token: ForeignKey},
		{Name: "foreign key and kid", Codes: one(lti.KidUnknown), Token: ForeignKid},
		{Name: "kid of a path", Codes: one(lti.KidUnknown, lti.TokenMalformed), Token: KidPath},
		{Name: "kid a number", Codes: one(lti.KidMissing, lti.KidUnknown, lti.TokenMalformed), Token: KidNumber},
		{Name: "signature cut off", Codes: one(lti.SignatureInvalid, lti.TokenMalformed), Token: NoSignature},
		{Name: "claims changed after signing", Codes: one(lti.SignatureInvalid), Token: ChangedClaims},
		{Name: "crit header", Codes: one(lti.TokenMalformed, lti.AlgRefused, lti.SignatureInvalid), Token: CritHeader},
		{Name: "b64 false with crit", Codes: one(lti.TokenMalformed, lti.AlgRefused, lti.SignatureInvalid), Token: UnencodedPayload},
		{Name: "jku of the attacker", Codes: one(lti.KidUnknown, lti.TokenMalformed), Token: KeySetAddress},
		{Name: "jwk of the attacker", Codes: one(lti.SignatureInvalid, lti.TokenMalformed), Token: EmbeddedKey},
		{Name: "duplicate header parameter", Codes: one(lti.TokenMalformed, lti.AlgRefused), Token: DuplicateHeader},

		{Name: "five parts", Codes: malformed, Token: FiveParts},
		{Name: "two parts", Codes: malformed, Token: TwoParts},
		{Name: "JSON serialization", Codes: malformed, Token: JSONSerialization},
		{Name: "padded base64", Codes: malformed, Token: PaddedBase64},
		{Name: "token of 1.1 MB", Codes: one(lti.TokenTooLong), Token: HugeToken},
		{Name: "claims not an object", Codes: malformed, Token: ClaimsArray},
		{Name: "claims null", Codes: one(lti.TokenMalformed, lti.IssuerMismatch, lti.ClaimMissing), Token: ClaimsNull},
		{Name: "bytes after the claims", Codes: malformed, Token: TrailingBytes},
		{Name: "duplicate claim", Codes: one(lti.TokenMalformed, lti.ClaimInvalid), Token: DuplicateClaim},
		{Name: "claim name in capitals", Codes: one(lti.SubjectMissing, lti.ClaimMissing, lti.ClaimInvalid, lti.TokenMalformed), Token: CapitalClaim},
		{Name: "deep nesting", Codes: malformed, Token: DeepNesting},
		{Name: "broken UTF-8 in a name", Codes: one(lti.TokenMalformed, lti.ClaimInvalid), Token: BrokenName},
		{Name: "broken UTF-8 in sub", Codes: one(lti.TokenMalformed, lti.ClaimInvalid), Token: BrokenSubject},

		{Name: "issuer with a slash", Codes: one(lti.IssuerMismatch), Token: IssuerSlash},
		{Name: "other issuer", Codes: one(lti.IssuerMismatch), Token: IssuerOther},
		{Name: "aud of another client", Codes: one(lti.AudienceMismatch), Token: AudienceOther},
		{Name: "aud with an untrusted member", Codes: one(lti.AudienceMismatch, lti.AZPMismatch), Token: AudienceExtra},
		{Name: "aud empty", Codes: one(lti.AudienceMismatch, lti.ClaimInvalid, lti.ClaimMissing), Token: AudienceEmpty},
		{Name: "aud an object", Codes: one(lti.AudienceMismatch, lti.ClaimInvalid), Token: AudienceObject},
		{Name: "azp of another client", Codes: one(lti.AZPMismatch), Token: AZPOther},
		{Name: "expired", Codes: one(lti.TokenExpired), Token: Expired},
		{Name: "exp missing", Codes: one(lti.TokenExpired, lti.ClaimMissing), Token: ExpMissing},
		{Name: "exp a text", Codes: one(lti.TokenExpired, lti.ClaimInvalid), Token: ExpText},
		{Name: "exp a year ahead", Codes: one(lti.ClaimInvalid, lti.TokenExpired, lti.TokenFromFuture), Token: ExpFar},
		{Name: "exp beyond any calendar", Codes: one(lti.ClaimInvalid, lti.TokenExpired, lti.TokenFromFuture), Token: ExpOverflow},
		{Name: "iat in the future", Codes: one(lti.TokenFromFuture), Token: IssuedLater},
		{Name: "iat a day old", Codes: one(lti.TokenExpired, lti.ClaimInvalid), Token: IssuedLongAgo},
		{Name: "nonce of another attempt", Codes: one(lti.NonceMismatch), Token: NonceOther},
		{Name: "nonce missing", Codes: one(lti.NonceMissing), Token: NonceAbsent},
		{Name: "nonce empty", Codes: one(lti.NonceMissing, lti.NonceMismatch), Token: NonceEmpty},
		{Name: "nonce a number", Codes: one(lti.NonceMissing, lti.NonceMismatch, lti.ClaimInvalid), Token: NonceNumber},

		{Name: "version 1.3", Codes: one(lti.VersionUnsupported), Token: VersionShort},
		{Name: "version a number", Codes: one(lti.VersionUnsupported, lti.ClaimInvalid), Token: VersionNumber},
		{Name: "message_type a number", Codes: one(lti.ClaimInvalid, lti.MessageUnsupported), Token: MessageNumber},
		{Name: "message_type of another service", Codes: one(lti.MessageUnsupported), Token: MessageOther},
		{Name: "other deployment", Codes: one(lti.DeploymentUnknown), Token: DeploymentOther},
		{Name: "deployment a number", Codes: one(lti.ClaimInvalid, lti.DeploymentUnknown), Token: DeploymentNumber},
		{Name: "deployment over 255", Codes: one(lti.ClaimInvalid, lti.DeploymentUnknown), Token: DeploymentLong},
		{Name: "deployment beyond ASCII", Codes: one(lti.ClaimInvalid, lti.DeploymentUnknown), Token: DeploymentUnicode},
		{Name: "roles a text", Codes: one(lti.ClaimInvalid), Token: RolesText},
		{Name: "roles numbers", Codes: one(lti.ClaimInvalid), Token: RolesNumbers},
		{Name: "roles null", Codes: one(lti.ClaimMissing, lti.ClaimInvalid), Token: RolesNull},
		{Name: "sub over 255", Codes: one(lti.ClaimInvalid), Token: SubjectLong},
		{Name: "sub beyond ASCII", Codes: one(lti.ClaimInvalid), Token: SubjectUnicode},
		{Name: "sub a number", Codes: one(lti.ClaimInvalid, lti.SubjectMissing), Token: SubjectNumber},
		{Name: "sub empty", Codes: one(lti.SubjectMissing, lti.ClaimInvalid), Token: SubjectEmpty},
		{Name: "sub null", Codes: one(lti.SubjectMissing, lti.ClaimInvalid), Token: SubjectNull},
		{Name: "resource link without id", Codes: one(lti.ClaimMissing, lti.ClaimInvalid), Token: ResourceLinkEmpty},
		{Name: "resource link id empty", Codes: one(lti.ClaimMissing, lti.ClaimInvalid), Token: ResourceLinkBlank},
		{Name: "resource link id over 255", Codes: one(lti.ClaimInvalid), Token: ResourceLinkLong},
		{Name: "context id over 255", Codes: one(lti.ClaimInvalid), Token: ContextLong},
		{Name: "target on another host", Codes: one(lti.ClaimInvalid), Token: TargetElsewhere},
		{Name: "target a script", Codes: one(lti.ClaimInvalid), Token: TargetScript},
		{Name: "return address elsewhere", Token: ReturnElsewhere},
		{Name: "markup in every claim", Token: MarkupEverywhere},

		{Name: "state missing", Codes: one(lti.StateMissing, lti.StateMismatch), form: StateAbsent},
		{Name: "state of another browser", Codes: one(lti.StateMissing, lti.StateMismatch), form: StateForeign},
		{Name: "two id_tokens", Codes: malformed, form: TwoTokens},
		{Name: "no id_token", Codes: one(lti.TokenMalformed, lti.ClaimMissing, lti.PlatformError), form: NoToken},
		{Name: "platform's error", Codes: one(lti.PlatformError), form: PlatformRefusal},
		{Name: "platform's error without state", Codes: one(lti.PlatformError, lti.StateMissing, lti.StateMismatch), form: RefusalWithoutState},
		{Name: "error and id_token at once", Codes: one(lti.PlatformError, lti.TokenMalformed), form: RefusalWithToken},
		{Name: "the same form twice", Codes: one(lti.NonceReplayed, lti.StateMissing, lti.StateMismatch), Token: Valid, Twice: true},
	}
}

var attackerKeys = sync.OnceValues(func() (*rsa.PrivateKey, *ecdsa.PrivateKey) {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the system has no randomness
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return r, e
})

func attacker(kid string) Signer {
	key, _ := attackerKeys()
	return Signer{Key: key, KID: kid}
}

// unsigned is header and claims in compact form, to which a signature is still to be added.
func (t Target) unsigned(header map[string]any) string {
	return b64(asciiJSON(header)) + "." + b64(asciiJSON(t.Claims()))
}

// raw signs claims given as text.
func (t Target) raw(claims string) string { return t.SignRaw(asciiJSON(t.Header()), []byte(claims)) }

// spliced signs the valid claims with more text put before the closing brace.
func (t Target) spliced(more string) string {
	c := string(asciiJSON(t.Claims()))
	return t.raw(strings.TrimSuffix(c, "}") + "," + more + "}")
}

// Valid is no attack: the token that the tool should take.
func Valid(t Target) string { return t.Token() }

// AlgNone claims to need no signature and has none.
func AlgNone(t Target) string {
	return t.unsigned(map[string]any{"typ": "JWT", "alg": "none", "kid": t.KID}) + "."
}

// AlgNoneSigned says none above a valid RS256 signature.
func AlgNoneSigned(t Target) string { return t.Token(Header("alg", "none")) }

// AlgMissing leaves the algorithm out of the header.
func AlgMissing(t Target) string { return t.Token(Header("alg", nil)) }

// PublicKeyAsSecret uses the platform's public key, as PEM, for an HMAC.
func PublicKeyAsSecret(t Target) string {
	der, err := x509.MarshalPKIXPublicKey(&t.Key.PublicKey)
	if err != nil {
		panic(err) // an RSA key can always be written
	}
	in := t.unsigned(map[string]any{"typ": "JWT", "alg": "HS256", "kid": t.KID})
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(in))
	return in + "." + b64(mac.Sum(nil))
}

// EllipticCurve signs with ES256 and a key of the attacker.
func EllipticCurve(t Target) string {
	_, key := attackerKeys()
	in := t.unsigned(map[string]any{"typ": "JWT", "alg": "ES256", "kid": t.KID})
	sum := sha256.Sum256([]byte(in))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		panic(err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return in + "." + b64(sig)
}

// OtherHash signs with the platform's key but RS512.
func OtherHash(t Target) string {
	in := t.unsigned(map[string]any{"typ": "JWT", "alg": "RS512", "kid": t.KID})
	sum := sha512.Sum512([]byte(in))
	sig, err := rsa.SignPKCS1v15(nil, t.Key, crypto.SHA512, sum[:])
	if err != nil {
		panic(err)
	}
	return in + "." + b64(sig)
}

// ForeignKey signs with another key under the platform's kid.
func ForeignKey(t Target) string { return attacker(t.KID).Sign(t.Claims(), nil) }

// ForeignKid signs with another key under its own kid.
func ForeignKid(t Target) string { return attacker("attacker-1").Sign(t.Claims(), nil) }

// KidPath has a path for a kid.
func KidPath(t Target) string { return t.Token(Header("kid", "../../../../dev/null")) }

// KidNumber has a number for a kid.
func KidNumber(t Target) string { return t.Token(Header("kid", 1)) }

// NoSignature cuts the signature off a valid token.
func NoSignature(t Target) string {
	token := t.Token()
	return token[:strings.LastIndexByte(token, '.')+1]
}

// ChangedClaims puts another person into a signed token.
func ChangedClaims(t Target) string {
	parts := strings.Split(t.Token(), ".")
	c := t.Claims()
	c["sub"] = "2"
	parts[1] = b64(asciiJSON(c))
	return strings.Join(parts, ".")
}

// CritHeader demands an extension that nobody knows.
func CritHeader(t Target) string {
	return t.Token(Header("crit", []string{"https://attacker.example/must"}), Header("https://attacker.example/must", true))
}

// UnencodedPayload demands the extension of RFC 7797.
func UnencodedPayload(t Target) string {
	return t.Token(Header("crit", []string{"b64"}), Header("b64", false))
}

// KeySetAddress names the attacker's key set in the header.
func KeySetAddress(t Target) string {
	s := attacker("attacker-1")
	h := s.Header()
	h["jku"] = "https://attacker.example/jwks"
	return s.Sign(t.Claims(), h)
}

// EmbeddedKey carries the attacker's key in the header, under the platform's kid.
func EmbeddedKey(t Target) string {
	s := attacker(t.KID)
	h := s.Header()
	h["jwk"] = map[string]any{"kty": "RSA", "alg": "RS256", "kid": t.KID, "e": "AQAB", "n": b64(s.Key.N.Bytes())}
	return s.Sign(t.Claims(), h)
}

// DuplicateHeader says none first and RS256 after.
func DuplicateHeader(t Target) string {
	return t.SignRaw(fmt.Appendf(nil, `{"typ":"JWT","alg":"none","alg":"RS256","kid":%q}`, t.KID), asciiJSON(t.Claims()))
}

// FiveParts looks like an encrypted token.
func FiveParts(t Target) string {
	return b64([]byte(`{"alg":"RSA-OAEP","enc":"A256GCM","kid":"`+t.KID+`"}`)) + ".a2V5.aXY." + b64(asciiJSON(t.Claims())) + ".dGFn"
}

// TwoParts leaves the last dot out.
func TwoParts(t Target) string { return strings.TrimSuffix(NoSignature(t), ".") }

// JSONSerialization is the same signature in the flattened JSON form.
func JSONSerialization(t Target) string {
	parts := strings.Split(t.Token(), ".")
	return string(asciiJSON(map[string]string{"protected": parts[0], "payload": parts[1], "signature": parts[2]}))
}

// PaddedBase64 writes the signed parts in padded base64.
func PaddedBase64(t Target) string {
	// Claims whose length is no multiple of three, so that there is padding to see.
	c := asciiJSON(t.Claims())
	for len(c)%3 != 1 {
		c = append(c, ' ')
	}
	in := base64.URLEncoding.EncodeToString(asciiJSON(t.Header())) + "." + base64.URLEncoding.EncodeToString(c)
	sum := sha256.Sum256([]byte(in))
	sig, err := rsa.SignPKCS1v15(nil, t.Key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return in + "." + base64.URLEncoding.EncodeToString(sig)
}

// HugeToken is valid but longer than a token may be.
func HugeToken(t Target) string {
	return t.Token(Set(ClaimCustom, map[string]any{"x": strings.Repeat("x", 800_000)}))
}

// ClaimsArray has the claims in an array.
func ClaimsArray(t Target) string { return t.raw("[" + string(asciiJSON(t.Claims())) + "]") }

// ClaimsNull signs null.
func ClaimsNull(t Target) string { return t.raw("null") }

// TrailingBytes has a second object behind the claims.
func TrailingBytes(t Target) string { return t.raw(string(asciiJSON(t.Claims())) + `{"sub":"2"}`) }

// DuplicateClaim names the subject twice.
func DuplicateClaim(t Target) string { return t.spliced(`"sub":"2"`) }

// CapitalClaim has only SUB where sub belongs, which encoding/json would take.
func CapitalClaim(t Target) string { return t.Token(Drop("sub"), Set("SUB", "2")) }

// DeepNesting opens more arrays than a decoder should follow.
func DeepNesting(t Target) string {
	return t.spliced(`"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000))
}

// BrokenName has bytes in the name that are no UTF-8.
func BrokenName(t Target) string {
	c := t.Claims()
	delete(c, "name")
	return t.raw(strings.TrimSuffix(string(asciiJSON(c)), "}") + ",\"name\":\"Ana \xff\xc3\"}")
}

// BrokenSubject has them in the subject.
func BrokenSubject(t Target) string {
	c := t.Claims()
	delete(c, "sub")
	return t.raw(strings.TrimSuffix(string(asciiJSON(c)), "}") + ",\"sub\":\"3\xff\"}")
}

// IssuerSlash adds a slash to the issuer.
func IssuerSlash(t Target) string { return t.Token(Set("iss", t.Issuer+"/")) }

// IssuerOther names another issuer.
func IssuerOther(t Target) string { return t.Token(Set("iss", "https://attacker.example")) }

// AudienceOther is a token for another tool of the same site.
func AudienceOther(t Target) string { return t.Token(Set("aud", "another-client")) }

// AudienceExtra is for the tool and for somebody else.
func AudienceExtra(t Target) string {
	return t.Token(Set("aud", []string{t.ClientID, "another-client"}), Set("azp", t.ClientID))
}

// AudienceEmpty is for nobody.
func AudienceEmpty(t Target) string { return t.Token(Set("aud", []string{})) }

// AudienceObject has an object for aud.
func AudienceObject(t Target) string {
	return t.Token(Set("aud", map[string]any{t.ClientID: true}))
}

// AZPOther is for the tool, but was asked for by another.
func AZPOther(t Target) string { return t.Token(Set("azp", "another-client")) }

// Expired is five minutes late.
func Expired(t Target) string {
	return t.Token(Set("iat", t.Now.Unix()-360), Set("exp", t.Now.Unix()-300))
}

// ExpMissing never ends.
func ExpMissing(t Target) string { return t.Token(Drop("exp")) }

// ExpText has the right time as a text.
func ExpText(t Target) string { return t.Token(Set("exp", fmt.Sprint(t.Now.Unix()+60))) }

// ExpFar lives for a year.
func ExpFar(t Target) string { return t.Token(Set("exp", t.Now.Unix()+365*24*3600)) }

// ExpOverflow ends when no clock can tell.
func ExpOverflow(t Target) string { return t.Token(Set("exp", 1e300)) }

// IssuedLater was issued in ten minutes.
func IssuedLater(t Target) string {
	return t.Token(Set("iat", t.Now.Unix()+600), Set("exp", t.Now.Unix()+660))
}

// IssuedLongAgo was issued yesterday and still has not expired.
func IssuedLongAgo(t Target) string { return t.Token(Set("iat", t.Now.Unix()-24*3600)) }

// NonceOther answers another attempt.
func NonceOther(t Target) string { return t.Token(Set("nonce", "another-attempt")) }

// NonceAbsent answers no attempt.
func NonceAbsent(t Target) string { return t.Token(Drop("nonce")) }

// NonceEmpty has an empty nonce.
func NonceEmpty(t Target) string { return t.Token(Set("nonce", "")) }

// NonceNumber has a number for a nonce.
func NonceNumber(t Target) string { return t.Token(Set("nonce", 7)) }

// VersionShort says 1.3 only.
func VersionShort(t Target) string { return t.Token(Set(ClaimVersion, "1.3")) }

// VersionNumber has a number for the version.
func VersionNumber(t Target) string { return t.Token(Set(ClaimVersion, 1.3)) }

// MessageNumber has a number for the message type.
func MessageNumber(t Target) string { return t.Token(Set(ClaimMessageType, 1)) }

// MessageOther is a message that the tool does not take.
func MessageOther(t Target) string {
	return t.Token(Set(ClaimMessageType, "LtiSubmissionReviewRequest"))
}

// DeploymentOther names a deployment that is not registered.
func DeploymentOther(t Target) string { return t.Token(Set(ClaimDeployment, t.DeploymentID+"0")) }

// DeploymentNumber has a number for the deployment.
func DeploymentNumber(t Target) string { return t.Token(Set(ClaimDeployment, 1)) }

// DeploymentLong is longer than the specification allows.
func DeploymentLong(t Target) string {
	return t.Token(Set(ClaimDeployment, strings.Repeat("d", 256)))
}

// DeploymentUnicode is not in ASCII.
func DeploymentUnicode(t Target) string { return t.Token(Set(ClaimDeployment, "ș1")) }

// RolesText has a text where an array belongs.
func RolesText(t Target) string { return t.Token(Set(ClaimRoles, RoleInstructor)) }

// RolesNumbers has numbers in the array.
func RolesNumbers(t Target) string { return t.Token(Set(ClaimRoles, []int{1, 2})) }

// RolesNull has null where an array belongs.
func RolesNull(t Target) string { return t.Token(Set(ClaimRoles, nil)) }

// SubjectLong is longer than the specification allows.
func SubjectLong(t Target) string { return t.Token(Set("sub", strings.Repeat("7", 256))) }

// SubjectUnicode is not in ASCII.
func SubjectUnicode(t Target) string { return t.Token(Set("sub", "Ștefan")) }

// SubjectNumber has a number for the subject.
func SubjectNumber(t Target) string { return t.Token(Set("sub", 7)) }

// SubjectEmpty has an empty subject.
func SubjectEmpty(t Target) string { return t.Token(Set("sub", "")) }

// SubjectNull has null for the subject.
func SubjectNull(t Target) string { return t.Token(Set("sub", nil)) }

// ResourceLinkEmpty has a resource link without id.
func ResourceLinkEmpty(t Target) string { return t.Token(Set(ClaimResourceLink, map[string]any{})) }

// ResourceLinkBlank has an empty id.
func ResourceLinkBlank(t Target) string {
	return t.Token(Set(ClaimResourceLink, map[string]any{"id": ""}))
}

// ResourceLinkLong is longer than the specification allows.
func ResourceLinkLong(t Target) string {
	return t.Token(Set(ClaimResourceLink, map[string]any{"id": strings.Repeat("1", 256)}))
}

// ContextLong is longer than the specification allows.
func ContextLong(t Target) string {
	return t.Token(Set(ClaimContext, map[string]any{"id": strings.Repeat("2", 256)}))
}

// TargetElsewhere would land on another host.
func TargetElsewhere(t Target) string {
	return t.Token(Set(ClaimTarget, "https://attacker.example/lti/launch"))
}

// TargetScript would land in a script.
func TargetScript(t Target) string { return t.Token(Set(ClaimTarget, "javascript:alert(1)")) }

// ReturnElsewhere is a valid launch whose way back is not on the platform: the tool must forget the address.
func ReturnElsewhere(t Target) string {
	return t.Token(Set(ClaimPresentation, map[string]any{"locale": "en", "document_target": "iframe",
		"return_url": "https://attacker.example/return"}))
}

// MarkupEverywhere is a valid launch with [Markup] in every text that a platform may choose freely.
func MarkupEverywhere(t Target) string {
	return t.Token(
		Set("name", Markup), Set("given_name", Markup), Set("family_name", Markup), Set("email", Markup),
		Set("locale", Markup),
		Set(ClaimContext, map[string]any{"id": "2", "label": Markup, "title": Markup, "type": []string{Markup}}),
		Set(ClaimResourceLink, map[string]any{"id": "1", "title": Markup, "description": Markup}),
		Set(ClaimLIS, map[string]any{"person_sourcedid": Markup, "course_section_sourcedid": Markup}),
		Set(ClaimPresentation, map[string]any{"locale": Markup, "document_target": "iframe", "return_url": Markup}),
		Set(ClaimPlatform, map[string]any{"product_family_code": Markup, "version": Markup, "guid": "g", "name": Markup, "description": Markup}),
		Set(ClaimCustom, map[string]any{"x": Markup, Markup: Markup}),
		Set(ClaimExt, map[string]any{"lms": Markup, "user_username": Markup}),
		func(c, _ map[string]any) {
			if roles, ok := c[ClaimRoles].([]string); ok {
				c[ClaimRoles] = append(slices.Clone(roles), Markup)
			}
		},
	)
}

// StateAbsent posts a valid token without state.
func StateAbsent(t Target) url.Values { return url.Values{"id_token": {t.Token()}} }

// StateForeign posts a valid token with a state that this browser was not given.
func StateForeign(t Target) url.Values {
	return url.Values{"id_token": {t.Token()}, "state": {"c3RhdGUtb2YtYW5vdGhlci1icm93c2Vy"}}
}

// TwoTokens posts two tokens at once.
func TwoTokens(t Target) url.Values {
	return url.Values{"id_token": {t.Token(), ForeignKey(t)}, "state": {t.State}}
}

// NoToken posts a state alone.
func NoToken(t Target) url.Values { return url.Values{"state": {t.State}} }

// PlatformRefusal is the platform's error answer, with markup in the description.
func PlatformRefusal(t Target) url.Values {
	return url.Values{"error": {"access_denied"}, "error_description": {Markup}, "state": {t.State}}
}

// RefusalWithoutState is an error answer that belongs to no attempt.
func RefusalWithoutState(Target) url.Values {
	return url.Values{"error": {"login_required"}, "error_description": {Markup}}
}

// RefusalWithToken is an error answer with a valid token.
func RefusalWithToken(t Target) url.Values {
	v := PlatformRefusal(t)
	v.Set("id_token", t.Token())
	return v
}
