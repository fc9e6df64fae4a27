package licensespringtest

import (
	"encoding/json"
	"time"
)

// savedVersion is the version of the form in which a state is saved.
const savedVersion = 1

// savedState is the state of a store as [Server.Save] writes it. Licenses refer to
// users and orders to customers by their ids, and licenses to products by code.
type savedState struct {
	Version   int             `json:"version"`
	LastID    int64           `json:"last_id"`
	Random    []byte          `json:"random"`
	Keys      map[string]bool `json:"keys"` // true for those in use
	Users     []savedUser     `json:"users"`
	Customers []savedCustomer `json:"customers"`
	Orders    []savedOrder    `json:"orders"`
}

type savedUser struct {
	ID              int64      `json:"id"`
	Email           string     `json:"email"`
	Details         savedValue `json:"details,omitzero"`
	Password        string     `json:"password"`
	InitialPassword string     `json:"initial_password,omitzero"`
	CreatedAt       time.Time  `json:"created_at"`
	VisibleAt       time.Time  `json:"visible_at"`
}

type savedCustomer struct {
	ID         int64      `json:"id"`
	Properties savedValue `json:"properties,omitzero"`
	// Names are the properties by which orders find this customer.
	Names     []string  `json:"names,omitzero"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	VisibleAt time.Time `json:"visible_at"`
}

type savedOrder struct {
	ID         int64           `json:"id"`
	StoreID    string          `json:"store_id"`
	Archived   bool            `json:"archived,omitzero"`
	Properties savedValue      `json:"properties,omitzero"`
	Customer   *savedReference `json:"customer,omitzero"`
	Items      []savedItem     `json:"items"`
	CreatedAt  time.Time       `json:"created_at"`
	StoredAt   time.Time       `json:"stored_at"`
	UpdatedAt  time.Time       `json:"updated_at"`
	VisibleAt  time.Time       `json:"visible_at"`
	Requests   [][]byte        `json:"requests"`
}

// savedReference is the customer that an order names.
type savedReference struct {
	ID         int64      `json:"id"`
	Properties savedValue `json:"properties,omitzero"`
}

type savedItem struct {
	ID          int64          `json:"id"`
	ProductCode string         `json:"product_code"`
	Note        string         `json:"note,omitzero"`
	Licenses    []savedLicense `json:"licenses"`
}

type savedLicense struct {
	ID          int64             `json:"id"`
	Key         string            `json:"key,omitzero"`
	Properties  savedValue        `json:"properties,omitzero"`
	Features    []savedFeature    `json:"features,omitzero"`
	Users       []savedAssignment `json:"users,omitzero"`
	Assignments map[int64]int     `json:"assignments,omitzero"` // by the ids of users
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
	VisibleAt   time.Time         `json:"visible_at"`
	DisabledAt  time.Time         `json:"disabled_at,omitzero"`
	DisabledBy  string            `json:"disabled_by,omitzero"`
}

type savedFeature struct {
	ID         int64      `json:"id"`
	Code       string     `json:"code"`
	Properties savedValue `json:"properties,omitzero"`
}

type savedAssignment struct {
	UserID           int64  `json:"user_id"`
	IsManager        bool   `json:"is_manager,omitzero"`
	MaxActivations   *int64 `json:"max_activations,omitzero"`
	TotalActivations *int64 `json:"total_activations,omitzero"`
}

// savedValue is a map of properties. Numbers are read as requests are: encoding/json
// alone would read ids as float64.
type savedValue map[string]any

// UnmarshalJSON implements json.Unmarshaler.
func (v *savedValue) UnmarshalJSON(data []byte) error {
	value, err := parse(data)
	if err != nil {
		return err
	}
	properties, ok := plain(value).(map[string]any)
	if !ok {
		return &json.UnmarshalTypeError{Value: "value that is not an object"}
	}
	*v = properties

	return nil
}
