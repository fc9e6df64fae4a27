package licensespring

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// licenseWrite is a request that changes a license, before it is encoded.
type licenseWrite struct {
	op     Op
	id     int64 // of the license; 0 for a request that concerns a user
	method string
	path   string
	query  string
	body   object // nil: an empty object, since net/http could repeat a request without a body
	safety exchange.Safety
}

// licensePath returns the path of a license, or of an action on it such as
// "disable/".
func licensePath(id int64, action string) string {
	return pathLicenses + strconv.FormatInt(id, 10) + "/" + action
}

func updateWrite(id int64, u *LicenseUpdate) *licenseWrite {
	w := &licenseWrite{op: OpUpdateLicense, id: id, method: http.MethodPatch, path: licensePath(id, ""), body: u, safety: exchange.NonIdempotent}
	if u.repeatable() {
		w.safety = exchange.Idempotent
	}
	return w
}

func enableWrite(id int64, enable bool) *licenseWrite {
	w := &licenseWrite{op: OpDisableLicense, id: id, method: http.MethodPost, path: licensePath(id, "disable/"), safety: exchange.Idempotent}
	if enable {
		w.op, w.path = OpEnableLicense, licensePath(id, "enable/")
	}
	return w
}

func featuresWrite(id int64, features []ProductFeature) *licenseWrite {
	return &licenseWrite{
		op: OpUpdateFeatures, id: id, method: http.MethodPost, path: licensePath(id, "update_features/"),
		body: &featureUpdate{features}, safety: exchange.Idempotent,
	}
}

func assignWrite(id int64, user *UserAssignment) *licenseWrite {
	return &licenseWrite{
		op: OpAssignUser, id: id, method: http.MethodPost, path: licensePath(id, "assign_user/"),
		body: user, safety: exchange.NonIdempotent,
	}
}

func unassignWrite(id int64, removal *userRemoval) *licenseWrite {
	return &licenseWrite{
		op: OpUnassignUser, id: id, method: http.MethodPost, path: licensePath(id, "unassign_user/"),
		body: removal, safety: exchange.NonIdempotent,
	}
}

func passwordWrite(email string, password Secret) *licenseWrite {
	return &licenseWrite{
		op: OpSetUserPassword, method: http.MethodPost, path: pathSetPassword, query: url.Values{"email": {email}}.Encode(),
		body: &passwordChange{email, password}, safety: exchange.Idempotent,
	}
}

// encode returns the request of a write, and all findings. If one of them is an
// error, there is no request.
func (c *Client) encode(w *licenseWrite) (exchange.Request, []Finding, error) {
	var findings []Finding
	if w.op != OpSetUserPassword && w.id <= 0 {
		findings = append(findings, invalidID())
	}
	if w.body != nil {
		findings = append(findings, checkObject(w.body, c.cfg.dialect)...)
	}
	if err := errorsAmong(findings); err != nil {
		return exchange.Request{}, findings, err
	}
	body := []byte("{}")
	if w.body != nil {
		var err error
		if body, err = appendUpdate(make([]byte, 0, 192), w.body, c.cfg.dialect); err != nil { // fits most changes
			return exchange.Request{}, findings, err
		}
	}
	address := c.baseURL + w.path
	if w.query != "" {
		address += "?" + w.query
	}
	return exchange.Request{Method: w.method, URL: address, Header: c.header(true), Body: body, Safety: w.safety}, findings, nil
}

// invalidID returns the finding about an ID that the service cannot have assigned.
func invalidID() Finding {
	return Finding{Path: "id", Rule: RuleRequired, Severity: SeverityError, Message: "is not an ID of the service"}
}

// prepareWrite validates and encodes a write, and keeps its warnings.
func (op *operation) prepareWrite(w *licenseWrite) (exchange.Request, error) {
	req, findings, err := op.client.encode(w)
	if err != nil {
		return req, err
	}
	op.warnings = append(op.warnings, findings...)
	return req, nil
}

// write sends a write, retries included.
func (op *operation) write(w *licenseWrite, req exchange.Request) *exchange.Response {
	op.addPrivate(req.Body)
	if change, ok := w.body.(*passwordChange); ok { // the address is not in the body
		op.addPrivate(private(change.email))
	}
	return op.send(w.op, req)
}

// writeError returns the error of a write whose response does not show that it was
// applied. Its outcome is unknown if any attempt may have been applied.
func (op *operation) writeError(resp *exchange.Response) *Error {
	e := op.responseError(resp)
	switch {
	case resp.Ending == exchange.OK:
		e.detail = "the response is not the one of this request"
	case e.Kind == ErrNotFound:
		e.detail = "no such license, or no such endpoint"
	}
	if resp.MayHaveActed() {
		e.Outcome = OutcomeUnknown
	}
	return e
}

// mayBeSo reports whether a rejection may mean that the license was as wanted
// already. How the service reports that is not documented.
func mayBeSo(resp *exchange.Response) bool {
	if resp.Ending != exchange.Rejected || resp.Status < http.StatusBadRequest {
		return false
	}
	switch resp.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests:
		return false
	default:
		return true
	}
}

// The functions that preview the requests of a license.

// PreviewUpdateLicense returns the request that [Client.UpdateLicense] would send,
// and everything that validation finds. It sends nothing. If the update is invalid,
// the Preview holds only the findings and the error matches [ErrInvalidRequest].
func (c *Client) PreviewUpdateLicense(id int64, update LicenseUpdate) (*Preview, error) {
	return c.previewWrite(updateWrite(id, &update))
}

// PreviewEnableLicense is [Client.PreviewUpdateLicense] for [Client.EnableLicense].
func (c *Client) PreviewEnableLicense(id int64) (*Preview, error) {
	return c.previewWrite(enableWrite(id, true))
}

// PreviewDisableLicense is [Client.PreviewUpdateLicense] for
// [Client.DisableLicense].
func (c *Client) PreviewDisableLicense(id int64) (*Preview, error) {
	return c.previewWrite(enableWrite(id, false))
}

// PreviewUpdateFeatures is [Client.PreviewUpdateLicense] for
// [Client.UpdateFeatures].
func (c *Client) PreviewUpdateFeatures(id int64, features []ProductFeature) (*Preview, error) {
	return c.previewWrite(featuresWrite(id, features))
}

// PreviewAssignUser is [Client.PreviewUpdateLicense] for [Client.AssignUser]. The
// body holds the password of the user, if there is one.
func (c *Client) PreviewAssignUser(id int64, user UserAssignment) (*Preview, error) {
	return c.previewWrite(assignWrite(id, &user))
}

// PreviewUnassignUser is [Client.PreviewUpdateLicense] for [Client.UnassignUser].
func (c *Client) PreviewUnassignUser(id int64, email string) (*Preview, error) {
	return c.previewWrite(unassignWrite(id, &userRemoval{email: email}))
}

// PreviewSetUserPassword is [Client.PreviewUpdateLicense] for
// [Client.SetUserPassword]. The body holds the password, and the URL the e-mail
// address.
func (c *Client) PreviewSetUserPassword(email string, password Secret) (*Preview, error) {
	return c.previewWrite(passwordWrite(email, password))
}

func (c *Client) previewWrite(w *licenseWrite) (*Preview, error) {
	req, findings, err := c.encode(w)
	if err != nil {
		op := &operation{client: c, name: OpPreview, licenseID: w.id}
		return &Preview{Findings: findings}, op.invalid(err)
	}
	return newPreview(req, findings), nil
}
