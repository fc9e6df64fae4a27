package view

import "github.com/licensespring-go/licensespring"

// License is a license. It is encoded as its record, with its users.
type License struct {
	*licensespring.LicenseRecord

	LicenseUsers []User `json:"license_users,omitzero"`
}

// LicenseOf returns a license, with initial passwords if secrets is set. It returns nil
// for nil.
func LicenseOf(record *licensespring.LicenseRecord, secrets bool) *License {
	if record == nil {
		return nil
	}
	return &License{LicenseRecord: record, LicenseUsers: Users(record.LicenseUsers, secrets)}
}
