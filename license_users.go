package licensespring

import "context"

// AssignUser assigns a user to a user-based license, unless the license has a user
// with that e-mail address. The Outcome of the result is [OutcomeChanged] or
// [OutcomeUnchanged], and its NewUsers hold the user with the initial password, which
// the service shows only once.
//
// A request that may have been applied is not repeated, since the service may then
// set another password: reads find out whether the user is assigned. If so, and the
// response with the password was lost, the result has a warning with
// [RulePasswordLost]. If reads do not show the user, the error is
// [ErrOutcomeUnknown]: call AssignUser again later. Other errors are those of
// [Client.UpdateLicense]; [ErrBadResponse] means that the service does not show the
// users of the license.
func (c *Client) AssignUser(ctx context.Context, id int64, user UserAssignment) (*LicenseResult, error) {
	return c.converge(ctx, OpAssignUser, id, assignWrite(id, &user).body, newConvergence([]UserAssignment{user}, nil))
}

// UnassignUser removes the user with an e-mail address from a license, if the license
// has one. The Outcome of the result is [OutcomeChanged] or [OutcomeUnchanged].
// Errors are those of [Client.AssignUser].
func (c *Client) UnassignUser(ctx context.Context, id int64, email string) (*LicenseResult, error) {
	return c.converge(ctx, OpUnassignUser, id, &userRemoval{email: email}, newConvergence(nil, func(assigned string) bool {
		return sameEmail(assigned, email)
	}))
}

// SetUserPassword sets the password of the license user with an e-mail address. It
// is the remedy for an initial password whose response was lost. The Outcome of the
// result is [OutcomeChanged]. The service shows no passwords, so if the responses to
// all attempts were lost, the error is [ErrOutcomeUnknown]: repeat the call. Other
// errors are those of [Client.UpdateLicense].
func (c *Client) SetUserPassword(ctx context.Context, email string, password Secret) (*LicenseResult, error) {
	op := c.begin(ctx, OpSetUserPassword, "")
	defer op.finish()

	w := passwordWrite(email, password)
	req, err := op.prepareWrite(w)
	if err != nil {
		return nil, op.invalid(err)
	}
	resp := op.write(w, req)
	if isMessage(resp) {
		return op.licenseResult(OutcomeChanged, nil, nil), nil
	}
	e := op.writeError(resp)
	switch {
	case e.Outcome == OutcomeUnknown:
		return nil, op.unknown(e, e.detail)
	case e.Kind == ErrNotFound:
		e.detail = "no such user, or no such endpoint"
	}
	return nil, op.fail(e)
}
