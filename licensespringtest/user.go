package licensespringtest

import (
	"strings"
	"time"
)

// A user exists once per company and can have several licenses.
type user struct {
	id      int64
	email   string
	details map[string]any // first_name, last_name and phone_number, if known
	// password is the current password.
	password string
	// initialPassword is the password of a new user. It is empty once the user has
	// another one.
	initialPassword string
	createdAt       time.Time
	visibleAt       time.Time
}

const passwordAlphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// addressKey returns the key that identifies a user by e-mail address.
func addressKey(address string) string {
	return strings.ToLower(address)
}

// user returns the user with an address. It creates the user, with an initial
// password, if there is none.
func (s *store) user(address string, now, visibleAt time.Time) *user {
	key := addressKey(address)
	u, ok := s.users[key]
	if !ok {
		u = &user{
			id:              s.nextID(),
			email:           address,
			details:         make(map[string]any),
			initialPassword: s.newPassword(),
			createdAt:       now,
			visibleAt:       visibleAt,
		}
		u.password = u.initialPassword
		s.users[key] = u
		s.userSequence = append(s.userSequence, u)
	}

	return u
}

func (s *store) newPassword() string {
	return s.randomText(10, passwordAlphabet)
}

// setPassword sets the password. A request that sets it or responds with it is the
// only one that shows it: the record of the user does not.
func (u *user) setPassword(password string) {
	u.password, u.initialPassword = password, ""
}

// update sets the details that a request contains.
func (u *user) update(o *object) {
	for _, name := range []string{"first_name", "last_name", "phone_number"} {
		if value := o.text(name); value != "" {
			u.details[name] = value
		}
	}
}
