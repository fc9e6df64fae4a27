package licensespringtest_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, order("a"))
	do(t, srv, http.MethodGet, ordersPath+"?store_id=a", "")
	r := newRequest(t, srv, http.MethodGet, "/api/v1/orders/5/", "")
	r.Header.Set("Authorization", "Api-Key stolen")
	_, err := send(srv.Client(), r)
	require.NoError(t, err)
	do(t, srv, http.MethodGet, "/bogus", "")

	requests := srv.Requests()
	require.Len(t, requests, 4)
	first := requests[0]
	assert.Equal(t, lst.CreateOrder, first.Endpoint)
	assert.Equal(t, http.MethodPost, first.Method)
	assert.Equal(t, createPath, first.Path)
	assert.Equal(t, order("a"), string(first.Body))
	assert.Equal(t, http.StatusOK, first.Status)
	assert.True(t, first.Changed)
	assert.True(t, first.Authorized)
	assert.Equal(t, "right", first.Header.Get("Authorization"))
	assert.Equal(t, "application/json", first.Header.Get("Content-Type"))
	assert.False(t, first.Time.IsZero())
	assert.Empty(t, first.Fault)
	assert.Equal(t, lst.ListOrders, requests[1].Endpoint)
	assert.Equal(t, "a", requests[1].Query.Get("store_id"))
	assert.Equal(t, lst.GetOrder, requests[2].Endpoint)
	assert.Equal(t, "wrong", requests[2].Header.Get("Authorization"))
	assert.Equal(t, http.StatusForbidden, requests[2].Status)
	assert.Empty(t, requests[3].Endpoint)

	srv.ResetRequests()
	assert.Empty(t, srv.Requests())
}

func TestRequests_responseBytes(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(srv.URL(), "http://"))
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET /api/v1/orders/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Api-Key "+srv.APIKey()+"\r\n\r\n")
	require.NoError(t, err)
	raw, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(raw), "HTTP/1.1 200 OK\r\n"))
	assert.Equal(t, int64(len(raw)), srv.Requests()[0].ResponseBytes)
}

func TestRequests_limit(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithRequestLogLimit(4))
	for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
		do(t, srv, http.MethodGet, ordersPath+id+"/", "")
	}
	var paths []string
	for _, r := range srv.Requests() {
		paths = append(paths, strings.TrimPrefix(r.Path, ordersPath))
	}
	assert.Equal(t, []string{"3/", "4/", "5/", "6/"}, paths)
}
