// Package view adds to the records of the SDK what the output of the program needs: the
// initial passwords, if they are requested, and names in JSON for results and errors.
package view

import "github.com/licensespring-go/licensespring"

// User is a user of a license. Its initial password is redacted unless it is requested.
type User struct {
	*licensespring.UserRecord

	InitialPassword string `json:"initial_password,omitzero"`
}

// Users returns users, with their initial passwords if secrets is set.
func Users(records []licensespring.UserRecord, secrets bool) []User {
	var users []User
	for i := range records {
		u := User{UserRecord: &records[i], InitialPassword: records[i].InitialPassword.String()}
		if secrets {
			u.InitialPassword = records[i].InitialPassword.Reveal()
		}
		users = append(users, u)
	}
	return users
}
