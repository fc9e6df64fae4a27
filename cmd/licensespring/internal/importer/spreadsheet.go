package importer

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/licensespring-go/licensespring"
)

// damage is a change that a spreadsheet or an export made to a value.
type damage struct {
	pattern *regexp.Regexp
	message string
	// anywhere reports that the value is suspicious in every text, and not only in
	// an identifier.
	anywhere bool
	// lossy reports that different identifiers may have become the same value.
	lossy bool
}

// damages are the known changes. The first one that matches is reported.
var damages = [...]damage{
	{regexp.MustCompile(`^#[\p{Lu}0-9/_]+[!?]$|^#(N/A|NV|GETTING_DATA|#*)$`), "is an error value of a spreadsheet", true, true},
	{regexp.MustCompile(`^[+-]?(\d([.,]\d+)?[Ee][+-]\d+|\d[.,]\d+[Ee]\d+|\dE\d+)$`), "is a number in scientific notation: a spreadsheet removed digits", true, true},
	{regexp.MustCompile(`^=`), "begins with =, as a formula of a spreadsheet does", true, false},
	{regexp.MustCompile(`^'`), "begins with an apostrophe, which marks text in a spreadsheet", false, false},
	{regexp.MustCompile(`^(NULL|\(null\)|\\N)$`), "is a placeholder for a missing value", true, true},
	{regexp.MustCompile(`(?i)^(null|nil|none|nan|n/a|undefined)$`), "is a placeholder for a missing value", false, true},
	{regexp.MustCompile(`^\d{1,3}([,.'’\x{a0}\x{202f} ]\d{3})+$`), "is a number with a separator of thousands", false, false},
	{regexp.MustCompile(`^\d+[.,]0+$`), "is a whole number with a fraction", false, false},
	{regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`), "is a date", false, false},
	{regexp.MustCompile(`^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}( \d{1,2}:\d{2}(:\d{2})?( ?[AP]M)?)?$`), "is a date: a spreadsheet may have converted it", false, true},
	{regexp.MustCompile(`(?i)^(\d{1,2}[-. ])?(jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]{0,6}[-. ]\d{1,4}$` +
		`|^\d{1,2}[-. ](jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)$`), "is a date: a spreadsheet may have converted it", false, true},
}

// maxDamaged is the maximum length of a value that is tested.
const maxDamaged = 64

// damageOf returns the change of a value, or nil.
func damageOf(value string, identifier bool) *damage {
	if value == "" || len(value) > maxDamaged {
		return nil
	}
	i := slices.IndexFunc(damages[:], func(d damage) bool {
		return (d.anywhere || identifier) && d.pattern.MatchString(value)
	})
	if i < 0 {
		return nil
	}
	return &damages[i]
}

// losesDigits reports whether different ids may have become this one.
func losesDigits(id string) bool {
	d := damageOf(id, true)
	return d != nil && d.lossy
}

// spreadsheetWarnings returns a warning for each text that a spreadsheet probably
// changed. The order may be nil.
func spreadsheetWarnings(o *licensespring.Order, id string) []licensespring.Finding {
	var all []licensespring.Finding
	warn := func(path, message string) {
		all = append(all, licensespring.Finding{
			Path: path, Rule: ruleSpreadsheet, Severity: licensespring.SeverityWarning, Message: message,
		})
	}
	identifier := func(path, value string) {
		if d := damageOf(value, true); d != nil {
			warn(path, d.message)
		}
	}
	text := func(path, value string) {
		if d := damageOf(value, false); d != nil {
			warn(path, d.message)
		}
	}
	identifier("id", id)
	if o == nil {
		return all
	}
	identifier("reference", o.Reference)
	identifier("download_id", o.DownloadID)
	text("campaign_params", o.CampaignParams)
	if c := o.Customer; c != nil {
		identifier("customer.reference", c.Reference)
		for _, member := range [...]struct{ name, value string }{
			{"first_name", c.FirstName},
			{"last_name", c.LastName},
			{"company", c.Company},
			{"phone", c.Phone},
			{"address", c.Address},
		} {
			text("customer."+member.name, member.value)
		}
	}
	for i := range o.Items {
		item := &o.Items[i]
		path := fmt.Sprintf("items[%d].", i)
		identifier(path+"product_code", item.ProductCode)
		text(path+"note", item.Note)
		for j := range item.Licenses {
			l := &item.Licenses[j]
			path := fmt.Sprintf("%slicenses[%d].", path, j)
			identifier(path+"key", l.Key)
			identifier(path+"policy_code", l.PolicyCode)
			identifier(path+"subscription_id", l.SubscriptionID)
			text(path+"note", l.Note)
			for k, feature := range l.ProductFeatures {
				identifier(fmt.Sprintf("%sproduct_features[%d].code", path, k), feature.Code)
			}
		}
	}
	return all
}
