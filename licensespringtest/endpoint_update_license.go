package licensespringtest

import (
	"strconv"
	"strings"
	"time"
)

// updateLicense handles UpdateLicense. Members that are absent stay unchanged.
func (s *Server) updateLicense(x *exchange) response {
	return s.writeLicense(x, func(l *license, body any, now time.Time) (map[string]any, response) {
		o, errs := s.checker.checkUpdate(body, l.text("license_type"))
		target := l.item.order
		if id, ok := plain(o.get("order")).(int64); ok && errs["order"] == nil {
			target = s.store.byID[id]
			if target == nil || target.visibleAt.After(now) {
				errs["order"] = finding("Invalid pk \"%d\" - object does not exist.", id)
			}
		}
		end := l.extended(o, now)
		if end.Year() > 9999 && errs["non_field_errors"] == nil {
			errs["non_field_errors"] = finding("The license would end after the year 9999.")
		}
		if len(errs) > 0 {
			return nil, fieldErrors(errs)
		}

		s.store.change(l, now)
		l.update(o)
		if limit := s.config.cappedActivations; limit != nil && o.get("max_activations") != nil {
			n, _ := l.properties["max_activations"].(int64)
			l.properties["max_activations"] = min(n, int64(*limit))
		}
		if !end.IsZero() {
			l.properties["validity_period"] = endText(end)
		}
		s.store.move(l, target)

		return s.licenseRecord(l, &l.licenseState, now), response{}
	})
}

// update sets the properties that a valid request contains.
func (st *licenseState) update(o *object) {
	for name, value := range o.members {
		switch name {
		case "order":
		case "enable_maintenance_period":
			// Both dialects use this name in an update. At creation they differ.
			st.properties[classicEnableMaintenance] = plain(value)
		case "allow_unlimited_activation":
			// At creation the name has the plural form. Which form a record has is
			// undocumented: the fake has that of the creation.
			st.properties["allow_unlimited_activations"] = plain(value)
		default:
			st.properties[name] = plain(value)
		}
	}
}

// extended returns the end of the license after an update with valid_duration or
// trial_days, or the zero time. From which time they count is undocumented. The
// fake adds them to the current end, or to the present if the license has no end:
// a repeated request thus extends the license twice.
func (st *licenseState) extended(o *object, now time.Time) time.Time {
	text := o.text("valid_duration")
	unit := strings.TrimLeft(text, "0123456789")
	// The checker reports an invalid duration. It has no effect here.
	count, _ := strconv.Atoi(strings.TrimSuffix(text, unit))
	days, hasDays := plain(o.get("trial_days")).(int64)
	if count == 0 && !hasDays {
		return time.Time{}
	}
	end, ends := st.endsAt()
	if !ends {
		end = now.UTC()
		if unit != "h" && unit != "min" {
			end = end.Truncate(24 * time.Hour)
		}
	}
	end = end.AddDate(0, 0, int(min(days, 1e7)))
	switch unit {
	case "y":
		end = end.AddDate(count, 0, 0)
	case "m":
		end = end.AddDate(0, count, 0)
	case "d":
		end = end.AddDate(0, 0, count)
	case "h":
		// No duration contains a billion hours.
		end = end.AddDate(0, 0, count/24).Add(time.Duration(count%24) * time.Hour)
	case "min":
		end = end.AddDate(0, 0, count/(24*60)).Add(time.Duration(count%(24*60)) * time.Minute)
	}

	return end
}

// endText returns the text of an end: a date, or a timestamp if the end is within
// a day.
func endText(end time.Time) string {
	if end.Equal(end.Truncate(24 * time.Hour)) {
		return end.Format(dateLayout)
	}

	return end.Format(dateTimeLayout)
}
