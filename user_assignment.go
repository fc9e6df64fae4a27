package licensespring

import (
	"encoding/json"
	"strconv"
	"strings"
)

// UserAssignment is a user to assign to a user-based license, for
// [Client.AssignUser] and [LicenseState]. All members are from the vendor's newer
// reference. Empty members are not sent.
type UserAssignment struct {
	// Email is the e-mail address of the user, required.
	Email string `json:"email,omitzero"`
	// FirstName, LastName and PhoneNumber describe a new user.
	FirstName   string `json:"first_name,omitzero"`
	LastName    string `json:"last_name,omitzero"`
	PhoneNumber string `json:"phone_number,omitzero"`
	// IsManager makes the user a manager of the license.
	IsManager *bool `json:"is_manager,omitzero"`
	// Password is the initial password. Without it the service chooses one, which the
	// response shows once. In JSON it is "[redacted]".
	Password Secret `json:"password,omitzero"`
	// MaxActivations is the maximum number of devices of the user. Nil takes it from
	// the license.
	MaxActivations *int `json:"max_activations,omitzero"`
	// Extra holds members without a field of their own. They are sent unchanged.
	Extra map[string]json.RawMessage `json:"-"`
}

func (u *UserAssignment) fields(v visitor) {
	v.member("email", &u.Email)
	v.member("first_name", &u.FirstName)
	v.member("last_name", &u.LastName)
	v.member("phone_number", &u.PhoneNumber)
	v.member("is_manager", &u.IsManager)
	v.member("password", &u.Password)
	v.member("max_activations", &u.MaxActivations)
	v.extra(u, &u.Extra)
}

func (u *UserAssignment) rules(ch *checker) {
	ch.email("email", u.Email, true)
	for _, name := range sortedNames(u.Extra) {
		switch {
		case name == "total_activations":
			ch.reject(name, RuleCounter, "is a counter, which a request must not set")
		case isNull(u.Extra[name]):
			ch.reject(shownName(name), RuleExtraInvalid, "null has no documented meaning and is not sent")
		}
	}
}

// userRemoval is the body of a request that unassigns a user, by e-mail address or ID.
type userRemoval struct {
	email string
	id    *int64
}

// userRemovalOf returns the request that unassigns a user of a license. An address that
// the service stores and that validation rejects is replaced by the ID.
func userRemovalOf(u *UserRecord) *userRemoval {
	removal := &userRemoval{email: u.Email}
	if errorsAmong(checkObject(removal, DialectClassic)) != nil && u.ID != 0 {
		removal = &userRemoval{id: new(u.ID)}
	}
	return removal
}

func (u *userRemoval) fields(v visitor) {
	v.member("license_user_email", &u.email)
	v.member("license_user_id", &u.id)
}

func (u *userRemoval) rules(ch *checker) { ch.email("license_user_email", u.email, u.id == nil) }

// passwordChange is the body of a request that sets a password. The e-mail address
// is part of the query.
type passwordChange struct {
	email    string
	password Secret
}

func (p *passwordChange) fields(v visitor) { v.member("password", &p.password) }

func (p *passwordChange) rules(ch *checker) {
	ch.email("email", p.email, true)
	if p.password.IsZero() {
		ch.reject("password", RuleRequired, "is required")
	}
}

// addressKey returns the key by which e-mail addresses are compared.
func addressKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func userPath(i int) string    { return "users[" + strconv.Itoa(i) + "].email" }
func featurePath(i int) string { return "product_features[" + strconv.Itoa(i) + "]" }
