package licensespringtest

import (
	"net/http"
	"time"
)

// enableLicense handles EnableLicense. If the license is enabled already, the
// request succeeds and changes nothing, unless WithRejectedRepeats is set. The
// service does not document this.
func (s *Server) enableLicense(x *exchange) response {
	return s.writeLicense(x, func(l *license, body any, now time.Time) (map[string]any, response) {
		if _, errs := s.checker.checkBody(body, nil); len(errs) > 0 {
			return nil, fieldErrors(errs)
		}
		switch {
		case !l.enabled():
			s.store.change(l, now)
			l.enable()
		case s.config.rejectedRepeats:
			return nil, detailError(http.StatusBadRequest, "License is already enabled.")
		}

		return map[string]any{"message": "License has been enabled."}, response{}
	})
}

// disableLicense handles DisableLicense. If the license is disabled already, the
// request succeeds and changes nothing, not even disabled_user.
func (s *Server) disableLicense(x *exchange) response {
	return s.writeLicense(x, func(l *license, body any, now time.Time) (map[string]any, response) {
		if _, errs := s.checker.checkBody(body, nil); len(errs) > 0 {
			return nil, fieldErrors(errs)
		}
		switch {
		case l.enabled():
			s.store.change(l, now)
			l.disable(now, apiUser)
		case s.config.rejectedRepeats:
			return nil, detailError(http.StatusBadRequest, "License is already disabled.")
		}

		return map[string]any{"message": "License has been disabled."}, response{}
	})
}

func (st *licenseState) enable() {
	st.disabledAt, st.disabledBy = time.Time{}, ""
	st.properties["enabled"] = true
}

func (st *licenseState) disable(now time.Time, by string) {
	st.disabledAt, st.disabledBy = now, by
	st.properties["enabled"] = false
}
