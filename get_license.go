package licensespring

import (
	"context"
	"net/url"
)

// GetLicense returns the license with the ID that the service assigned, the ID of a
// [LicenseRecord]. The error is [ErrNotFound], [ErrInvalidRequest] if id is not
// positive, or one that any request can have: [ErrUnauthorized], [ErrRateLimited],
// [ErrUnavailable], [ErrBadResponse] also if the response is not this license,
// [ErrRedirected], and [ErrNotSent] if no attempt reached the service.
func (c *Client) GetLicense(ctx context.Context, id int64) (*LicenseRecord, error) {
	op := c.beginCall(ctx, CallStarted{Op: OpGetLicense, LicenseID: id})
	defer op.finish()

	if err := checkID(id); err != nil {
		return nil, op.invalid(err)
	}
	rec, _, err := op.getLicense(id, 0)
	if err != nil {
		return nil, op.fail(asError(err))
	}
	op.succeed("", 0)
	return rec, nil
}

// GetLicenseByKey returns the license with the given key. Only an exact match
// counts, upper and lower case included, whatever the service returns. The error is
// [ErrNotFound] if no license has the key, [ErrInvalidRequest] if the key is empty
// or cannot be a key, such as one with a space at its end, [ErrBadResponse] if
// several licenses have the key or if the service ignores the filter, or one of
// those of [Client.GetLicense]. A license that was created a moment ago may not be
// visible yet.
func (c *Client) GetLicenseByKey(ctx context.Context, key string) (*LicenseRecord, error) {
	op := c.begin(ctx, OpGetLicenseByKey, "")
	defer op.finish()

	var ch checker
	ch.filterText("license_key", key, true)
	if err := errorsAmong(ch.findings); err != nil {
		return nil, op.invalid(err)
	}
	rec, err := op.findLicense(key)
	if err != nil {
		return nil, op.fail(asError(err))
	}
	op.succeed("", 0)
	return rec, nil
}

// getLicense returns the license with the service's ID, and the paths of unreadable
// members.
func (op *operation) getLicense(id int64, maxAttempts int) (*LicenseRecord, []string, error) {
	return getRecord[LicenseRecord](op, OpGetLicense, id, maxAttempts)
}

// findLicense returns the license with the key.
func (op *operation) findLicense(key string) (*LicenseRecord, error) {
	op.body = private(key)
	p, err := listPage[LicenseRecord](op, OpGetLicenseByKey, url.Values{"license_key": {key}}, 0, maxPageSize, 0)
	if err != nil {
		return nil, err
	}
	var found *LicenseRecord
	for i := range p.records {
		switch rec := &p.records[i]; {
		case rec.LicenseKey != key:
		case found != nil:
			return nil, op.badResponse(p.resp, "several licenses have this key")
		default:
			found = rec
		}
	}
	switch {
	case found != nil:
		return found, nil
	case p.size > len(p.records): // the license may be the unreadable element
		return nil, op.badResponse(p.resp, "the list holds an element that is not a license")
	case p.size > 0:
		return nil, op.badResponse(p.resp, ignoredFilter("license_key"))
	case !p.last:
		return nil, op.badResponse(p.resp, "the list is empty and names a next page")
	default:
		return nil, &Error{Kind: ErrNotFound, detail: "no license has this key"}
	}
}
