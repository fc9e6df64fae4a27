package licensespring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The plain types are what a program without the SDK would declare: one field for
// each value of benchOrder and of the response to it, and nothing else.
type (
	plainOrder struct {
		ID       string        `json:"id"`
		Items    []plainItem   `json:"items"`
		Customer plainCustomer `json:"customer"`
	}
	plainItem struct {
		ProductCode string         `json:"product_code"`
		Licenses    []plainLicense `json:"licenses"`
	}
	plainLicense struct {
		Key            string      `json:"key,omitempty"`
		Users          []plainUser `json:"users,omitempty"`
		MaxActivations *int        `json:"max_activations,omitempty"`
		LicenseType    string      `json:"license_type,omitempty"`
		ValidDuration  string      `json:"valid_duration,omitempty"`
	}
	plainUser struct {
		Email string `json:"email"`
	}
	plainCustomer struct {
		Email     string `json:"email,omitempty"`
		FirstName string `json:"first_name,omitempty"`
		LastName  string `json:"last_name,omitempty"`
		Company   string `json:"company,omitempty"`
	}
)

func plainBenchOrder() *plainOrder {
	return &plainOrder{
		ID: "inv-2031-000417",
		Items: []plainItem{
			{ProductCode: "acmecad", Licenses: []plainLicense{
				{MaxActivations: new(3), LicenseType: "time-limited", ValidDuration: "1y"},
				{Key: "AB2C-D3EF-GH4J-K5MN", LicenseType: "perpetual"},
			}},
			{ProductCode: "acmeweb", Licenses: []plainLicense{{Users: []plainUser{{Email: "grace@example.com"}}}}},
		},
		Customer: plainCustomer{Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", Company: "Analytical Engines"},
	}
}

// plainRecord decodes a response. I and T are the types of numbers and times: int64
// and *time.Time, or lenient ones.
type plainRecord[I, T any] struct {
	ID                   I                       `json:"id"`
	StoreID              string                  `json:"store_id"`
	Type                 string                  `json:"type"`
	Language             *string                 `json:"language"`
	Metadata             *string                 `json:"metadata"`
	CreatedAt            T                       `json:"created_at"`
	UpdatedAt            T                       `json:"updated_at"`
	IsTest               bool                    `json:"is_test"`
	IsBundle             bool                    `json:"is_bundle"`
	IsArchived           bool                    `json:"is_archived"`
	PreventVM            bool                    `json:"prevent_vm"`
	AddToCustomerAccount bool                    `json:"add_to_customer_account"`
	Customer             plainCustomerRecord[I]  `json:"customer"`
	OrderItems           []plainItemRecord[I, T] `json:"order_items"`
}

type plainCustomerRecord[I any] struct {
	ID        I      `json:"id"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Company   string `json:"company"`
	Phone     string `json:"phone"`
	Reference string `json:"reference"`
}

type plainItemRecord[I, T any] struct {
	ID        I                          `json:"id"`
	ProductID I                          `json:"product_id"`
	Note      string                     `json:"note"`
	Product   plainProductRecord[I]      `json:"product"`
	Licenses  []plainLicenseRecord[I, T] `json:"licenses"`
}

type plainProductRecord[I any] struct {
	ID                  I      `json:"id"`
	ProductName         string `json:"product_name"`
	ShortCode           string `json:"short_code"`
	AuthorizationMethod string `json:"authorization_method"`
}

type plainLicenseRecord[I, T any] struct {
	ID                        I                       `json:"id"`
	LicenseKey                *string                 `json:"license_key"`
	Order                     I                       `json:"order"`
	OrderItem                 I                       `json:"order_item"`
	OrderStoreID              string                  `json:"order_store_id"`
	Status                    string                  `json:"status"`
	LicenseType               string                  `json:"license_type"`
	MaxActivations            I                       `json:"max_activations"`
	TimesActivated            I                       `json:"times_activated"`
	MaxConsumptions           I                       `json:"max_consumptions"`
	TotalConsumptions         I                       `json:"total_consumptions"`
	MaxTransfers              I                       `json:"max_transfers"`
	ValidDuration             *string                 `json:"valid_duration"`
	ValidityPeriod            T                       `json:"validity_period"`
	Active                    bool                    `json:"active"`
	Enabled                   bool                    `json:"enabled"`
	IsTrial                   bool                    `json:"is_trial"`
	PreventVM                 bool                    `json:"prevent_vm"`
	EnableMaintenanceDuration bool                    `json:"enable_maintenance_duration"`
	ProductFeatures           []plainFeatureRecord[I] `json:"product_features"`
	LicenseUser               *plainUserRecord[I]     `json:"license_user"`
	LicenseUsers              []plainUserRecord[I]    `json:"license_users"`
}

// plainLicenseView is a license as the endpoints of licenses show it.
type plainLicenseView struct {
	plainLicenseRecord[int64, *time.Time]

	ValidityPeriod    *string                    `json:"validity_period"` // a date
	SubscriptionID    *string                    `json:"subscription_id"`
	Note              string                     `json:"note"`
	Metadata          map[string]any             `json:"metadata"`
	MaxLicenseUsers   int64                      `json:"max_license_users"`
	IsFloating        bool                       `json:"is_floating"`
	IsFloatingCloud   bool                       `json:"is_floating_cloud"`
	FloatingUsers     int64                      `json:"floating_users"`
	FloatingTimeout   int64                      `json:"floating_timeout"`
	AllowGracePeriod  bool                       `json:"allow_grace_period"`
	GracePeriod       int64                      `json:"grace_period"`
	MaintenancePeriod *string                    `json:"maintenance_period"` // a date
	LastCheck         *time.Time                 `json:"last_check"`
	TimeDisabled      *time.Time                 `json:"time_disabled"`
	DisabledUser      *string                    `json:"disabled_user"`
	Customer          plainCustomerRecord[int64] `json:"customer"`
	CreatedAt         *time.Time                 `json:"created_at"`
	UpdatedAt         *time.Time                 `json:"updated_at"`
}

type plainPage[R any] struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []R     `json:"results"`
}

type plainFeatureRecord[I any] struct {
	ID                I       `json:"id"`
	MaxConsumption    I       `json:"max_consumption"`
	TotalConsumptions I       `json:"total_consumptions"`
	ExpiryDate        *string `json:"expiry_date"`
	ProductFeature    struct {
		ID          I      `json:"id"`
		Code        string `json:"code"`
		Name        string `json:"name"`
		FeatureType string `json:"feature_type"`
	} `json:"product_feature"`
}

type plainUserRecord[I any] struct {
	ID                I        `json:"id"`
	Email             string   `json:"email"`
	TrueEmail         string   `json:"true_email"`
	FirstName         string   `json:"first_name"`
	LastName          string   `json:"last_name"`
	PhoneNumber       string   `json:"phone_number"`
	InitialPassword   string   `json:"initial_password"`
	MaxActivations    *I       `json:"max_activations"`
	IsActive          bool     `json:"is_active"`
	IsAdmin           struct{} `json:"is_admin"`
	IsInitialPassword bool     `json:"is_initial_password"`
	IsManager         bool     `json:"is_manager"`
}

type (
	strictRecord  = plainRecord[int64, *time.Time]
	lenientRecord = plainRecord[lenientInt, lenientTime]
)

// lenientInt and lenientTime accept what the SDK accepts: an int or a string that
// holds one, and times in several forms.
type (
	lenientInt  int64
	lenientTime struct{ time.Time }
)

func (n *lenientInt) UnmarshalJSON(data []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	if err == nil {
		*n = lenientInt(v)
	}
	return nil
}

func (t *lenientTime) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02"} {
		if v, err := time.Parse(layout, text); err == nil {
			t.Time = v
			return nil
		}
	}
	return nil
}

// plainDecoder reads a response into plain structs.
type plainDecoder func(io.Reader) error

// decodePlain unmarshals a body, as most programs do.
func decodePlain(body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, new(strictRecord))
}

// decodeLenient also keeps a copy of the body, and accepts numbers and times in
// several forms: what the SDK promises.
func decodeLenient(body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	result := struct {
		record lenientRecord
		raw    json.RawMessage
	}{raw: bytes.Clone(data)}
	return json.Unmarshal(data, &result.record)
}

// plainCreate is the shortest program that creates an order without the SDK.
func plainCreate(ctx context.Context, client *http.Client, url, key string, decode plainDecoder) error {
	body, err := json.Marshal(plainBenchOrder())
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+createPath, bytes.NewReader(body))
	if err != nil {
		return err
	}
	setHeaders(req.Header, key)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return decode(resp.Body)
}

// plainUpdate is the shortest program that changes a license.
func plainUpdate(ctx context.Context, client *http.Client, url, key string) error {
	body, err := json.Marshal(struct {
		ValidityPeriod string `json:"validity_period"`
		IsTrial        bool   `json:"is_trial"`
		MaxActivations int    `json:"max_activations"`
	}{"2031-05-07", false, 3})
	if err != nil {
		return err
	}
	return plainRead(ctx, client, http.MethodPatch, url, key, bytes.NewReader(body), new(plainLicenseView))
}

// plainGet is the shortest program that reads something.
func plainGet(ctx context.Context, client *http.Client, url, key string, into any) error {
	return plainRead(ctx, client, http.MethodGet, url, key, http.NoBody, into)
}

func plainRead(ctx context.Context, client *http.Client, method, url, key string, body io.Reader, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	setHeaders(req.Header, key)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// plainList is the shortest program that reads all pages of a list.
func plainList(ctx context.Context, client *http.Client, url, key string) error {
	for offset := 0; ; {
		var page plainPage[plainLicenseView]
		if err := plainGet(ctx, client, url+"&offset="+strconv.Itoa(offset), key, &page); err != nil {
			return err
		}
		if offset += len(page.Results); page.Next == nil {
			return nil
		}
	}
}
