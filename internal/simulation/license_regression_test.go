package simulation

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestLicenseGuards replays seeds that fail if a guard of the SDK is removed, and checks
// that they still reach the state that the guard is for; see TestGuards. What protects
// an update that replaces metadata is found by TestSweepOfLicenses.
func TestLicenseGuards(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		guard, state string
		seeds        []uint64
	}{
		{"a read precedes a repetition", "ensure: request lost, repeated after a read", []uint64{12, 23, 28}},
		{"an assignment is not repeated", "users: assignment unknown, and not applied", []uint64{82, 85}},
		{"AllowEnable", "ensure: conflict, would enable", []uint64{10, 15}},
		{"AllowShorten, for the license", "ensure: conflict, would end earlier", []uint64{1, 4, 80}},
		{"AllowShorten, for a feature", "ensure: conflict, a feature would end earlier", []uint64{167, 255}},
		{"an end that is not shown is not sent", "ensure: the record does not show what is needed", []uint64{71, 220}},
		{"users that are not shown are not assigned", "ensure: the record does not show what is needed", []uint64{290}},
		{"metadata that is not shown is not replaced", "ensure: the record does not show what is needed", []uint64{310}},
		{"a failure after a change is unknown", "ensure: unknown, because a later request was rejected", []uint64{165}},
		{"an ambiguous request makes the outcome unknown", "ensure: unknown, and nothing applied", []uint64{12, 82}},
		{"an ambiguous attempt makes the outcome unknown", "lost: an attempt was applied, and the last one was rejected or not sent", []uint64{25, 109, 438}},
		{"an unknown outcome matches no other kind", "ensure: unknown, because a record stopped showing is_trial", []uint64{3827}},
		{"metadata is merged", "ensure: metadata merged", []uint64{2, 4}},
		{"the options of a feature are kept", "ensure: options of a feature kept", []uint64{2, 29}},
		{"an acknowledged value is not sent twice", "ensure: acknowledged, and reads show the license otherwise", []uint64{7, 8}},
		{"each request is planned from the last response", "ensure: another caller changed it meanwhile", []uint64{86}},
		{"a response must show this license", "response: shows another license", []uint64{5, 29, 51}},
		{"a message is confirmed by a read", "users: password received", []uint64{1, 7}},
		{"another response than a message proves nothing", "response: a proxy has sent no message", []uint64{193, 203}},
		{"reads settle a lost response", "ensure: response lost, found by a read", []uint64{15, 23}},
		{"reads settle a lost update", "update: recovered by a read", []uint64{48}},
		{"a read decides whether a rejection matters", "enable: rejected, because it is so already", []uint64{16, 26}},
		{"a read decides whether another caller was faster", "ensure: rejected, because another caller was faster", []uint64{1885, 3216}},
		{"is_trial is sent with the date", "ensure: is_trial sent with the date", []uint64{1, 4, 16}},
		{"a lost password is reported", "users: password lost", []uint64{59, 165}},
		{"a read is tried although the requested wait is too long", "wait: the service requested one that exceeds the deadline", []uint64{25, 28}},
		{"a canceled call matches its context", "canceled: rejected, during the read after the rejection", []uint64{401, 834}},
		{"a dropped feature does not prevent success", "features: dropped", []uint64{109}},
	} {
		t.Run(tt.guard, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(licenseStates[:], func(s licenseState) bool { return s.name == tt.state })
			for _, seed := range tt.seeds {
				r := simulateLicenses(t, newLicensePlan(seed))
				if result := r.result(); len(result.violations) > 0 {
					result.fail(t)
				}
				assert.True(t, slices.ContainsFunc(r.calls, func(c *licenseCall) bool { return licenseStates[i].reached(r, c) }),
					"seed %d does not reach the state %q", seed, tt.state)
			}
		})
	}
}
