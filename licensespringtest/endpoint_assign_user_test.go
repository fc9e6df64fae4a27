package licensespringtest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestAssignUser(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, withLicense("acmeweb", `{"users":[{"email":"Ada@example.com"}]},{"users":[{"email":"first@example.com"}],"max_license_users":1}`))
	assign := func(index int, body string) response {
		return do(t, srv, http.MethodPost, licensePath(srv, index, "assign_user/"), body)
	}
	users := func(index int) []any {
		return do(t, srv, http.MethodGet, licensePath(srv, index), "").json(t)["license_users"].([]any)
	}
	password := func(index int, body string) any {
		resp := assign(index, body)
		require.Equal(t, http.StatusOK, resp.status, resp.body)
		assert.Len(t, resp.json(t), 2)
		assert.Equal(t, "User has been assigned.", resp.json(t)["message"])

		return resp.json(t)["new_password"]
	}

	assert.Equal(t, "secret 1", password(0, `{"email":"grace@example.com","first_name":"Grace","last_name":"Hopper",
		"phone_number":"1","is_manager":true,"password":"secret 1","max_activations":2,"total_activations":1}`))
	require.Len(t, users(0), 2)
	grace := users(0)[1].(map[string]any)
	want := map[string]any{
		"true_email": "grace@example.com", "first_name": "Grace", "last_name": "Hopper", "phone_number": "1", "is_manager": true,
		"max_activations": 2.0, "total_activations": 1.0, "initial_password": nil, "is_initial_password": false,
	}
	for name, value := range want {
		assert.Equal(t, value, grace[name], name)
	}

	// Another password each time, also for a user that is assigned already.
	generated := password(0, `{"email":"GRACE@example.com"}`)
	assert.Regexp(t, `^\w{10}$`, generated)
	assert.NotEqual(t, generated, password(0, `{"email":"grace@example.com","is_manager":false}`))
	require.Len(t, users(0), 2)
	again := users(0)[1].(map[string]any)
	assert.Equal(t, grace["id"], again["id"])
	assert.Equal(t, false, again["is_manager"])
	assert.Equal(t, 2.0, again["max_activations"], "an absent member stays unchanged")

	// A user of another license has one password for both.
	resp := do(t, srv, http.MethodPost, licensePath(srv, 1, "unassign_user/"), `{"license_user_email":"first@example.com"}`)
	require.Equal(t, http.StatusOK, resp.status)
	password(1, `{"email":"ada@example.com"}`)
	assert.Equal(t, users(0)[0], users(1)[0])
	assert.Nil(t, dig(t, users(0), 0, "initial_password"), "it does not work any more")

	resp = assign(1, `{"email":"grace@example.com"}`)
	assert.Equal(t, http.StatusBadRequest, resp.status)
	assert.JSONEq(t, `{"detail":"License has reached the maximum number of users."}`, resp.body)
	assert.Len(t, users(1), 1)
	password(1, `{"email":"ada@example.com"}`)

	create(t, srv, order("key-based"))
	resp = assign(2, `{"email":"grace@example.com"}`)
	assert.Equal(t, http.StatusBadRequest, resp.status)
	assert.JSONEq(t, `{"detail":"License is not user-based."}`, resp.body)
}

func TestAssignUser_hidden(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		create(t, srv, withLicense("acmeweb", `{}`))
		srv.Inject(lst.InvisibleFor(time.Second))
		do(t, srv, http.MethodPost, licensePath(srv, 0, "assign_user/"), `{"email":"a@example.com"}`)
		setPassword := func() int {
			return do(t, srv, http.MethodPost, licenseUsersPath+"set_password/?email=a@example.com", `{"password":"p"}`).status
		}
		count := func() any { return do(t, srv, http.MethodGet, licenseUsersPath, "").json(t)["count"] }
		assert.Equal(t, 1.0, count())
		assert.Equal(t, http.StatusBadRequest, setPassword())
		pass(time.Second)
		assert.Equal(t, 2.0, count())
		assert.Equal(t, http.StatusOK, setPassword())
	})
}

func TestUnassignUser(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, withLicense("acmeweb", `{"users":[{"email":"Ada@example.com"},{"email":"grace@example.com"}]}`))
	unassign := func(body string) response {
		return do(t, srv, http.MethodPost, licensePath(srv, 0, "unassign_user/"), body)
	}
	id := srv.Orders()[0].Licenses()[0].Users[1].ID
	for _, body := range []string{`{"license_user_email":"ADA@example.com"}`, fmt.Sprintf(`{"license_user_id":%d}`, id)} {
		resp := unassign(body)
		assert.Equal(t, http.StatusOK, resp.status)
		assert.JSONEq(t, `{"message":"User has been unassigned."}`, resp.body)
		resp = unassign(body)
		assert.Equal(t, http.StatusBadRequest, resp.status)
		assert.JSONEq(t, `{"detail":"User is not assigned to this license."}`, resp.body)
	}
	assert.Empty(t, srv.Orders()[0].Licenses()[0].Users)
	assert.Equal(t, 2.0, do(t, srv, http.MethodGet, licenseUsersPath, "").json(t)["count"], "the users themselves remain")
}

func TestSetUserPassword(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, withLicense("acmeweb", `{"users":[{"email":"ada@example.com"}]}`))
	const unknown = `{"message":"User does not exist."}`
	tests := []struct {
		query, body string
		status      int
		want        string
	}{
		{"?email=ADA@example.com", `{"password":"p"}`, http.StatusOK, `{"message":"Password has been changed."}`},
		{"?email=unknown@example.com", `{"password":"p"}`, http.StatusBadRequest, unknown},
		{"", `{"password":"p"}`, http.StatusBadRequest, unknown},
		{"?email=ada@example.com", `{}`, http.StatusBadRequest, `{"password":["This field is required."]}`},
		{"?email=ada@example.com", `{"password":""}`, http.StatusBadRequest, `{"password":["This field may not be blank."]}`},
		{"?email=ada@example.com", `{"password":null}`, http.StatusBadRequest, `{"password":["This field may not be null."]}`},
		{"?email=ada@example.com", `{"password":1}`, http.StatusBadRequest, `{"password":["Not a valid string."]}`},
		{"?email=ada@example.com", `{"password":"p","email":"ada@example.com"}`, http.StatusBadRequest, `{"email":["Unknown field."]}`},
		{"?email=ada@example.com", `[]`, http.StatusBadRequest, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
	}
	for _, tt := range tests {
		resp := do(t, srv, http.MethodPost, licenseUsersPath+"set_password/"+tt.query, tt.body)
		assert.Equal(t, tt.status, resp.status, tt.query+tt.body)
		assert.JSONEq(t, tt.want, resp.body, tt.query+tt.body)
		requests := srv.Requests()
		assert.Equal(t, tt.status == http.StatusOK, requests[len(requests)-1].Changed)
	}
	user := srv.Orders()[0].Licenses()[0].Users[0]
	assert.Empty(t, user.InitialPassword)
}
