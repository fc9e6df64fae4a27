package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// The types of notifications. The README documents them.
const (
	notificationIssued = "license.issued"
	notificationFailed = "license.failed"
	// Those of changes are reconcile.AnnounceChanged and reconcile.AnnounceSuspended.
)

// notification is the body of a notification, in the form of the Standard Webhooks
// specification.
type notification struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	// Data is a notificationData, or a reconcile.LicenseChange.
	Data any `json:"data"`
}

type notificationData struct {
	resultView
	// Reason and Source tell why an order failed, and where it came from.
	Reason string `json:"reason,omitzero"`
	Source string `json:"source,omitzero"`
}

// newNotification returns the notification of a notice, with or without the initial
// passwords of the users.
func newNotification(n *fulfillment.Notice, passwords bool) *notification {
	if n.Result != nil {
		return &notification{notificationIssued, n.At, notificationData{resultView: newResultView(n.Result, passwords)}}
	}
	if n.Announcement != nil {
		return &notification{n.Announcement.Type, n.At, n.Announcement.Body}
	}
	return &notification{notificationFailed, n.At, notificationData{
		resultView: resultView{OrderID: n.DeadLetter.OrderID}, Reason: n.DeadLetter.Failure.Text, Source: n.DeadLetter.Source,
	}}
}

// notifier posts notifications to an endpoint of the shop.
type notifier struct {
	url       string
	passwords bool
	signers   []*standardwebhooks.Webhook
	http      *http.Client
	forget    func(context.Context, *fulfillment.Notice) error
	observe   func(kind string, err error)
}

// newSigners returns a signer for each secret in a text. Two secrets allow a rotation:
// the receiver accepts a notification that either of them has signed.
func newSigners(secrets licensespring.Secret) ([]*standardwebhooks.Webhook, error) {
	const minimum = 24 // bytes, as the specification demands
	var signers []*standardwebhooks.Webhook
	for secret := range strings.FieldsSeq(secrets.Reveal()) {
		signer, err := standardwebhooks.NewWebhook(secret)
		// The error of the library is dropped because it may quote the secret.
		if err != nil || len(secret)-len("whsec_") < minimum*4/3 || !strings.HasPrefix(secret, "whsec_") {
			return nil, fmt.Errorf("%s: want whsec_ and at least %d bytes in base64", envNotifySecret, minimum)
		}
		signers = append(signers, signer)
	}
	return signers, nil
}

// notifyTimeout bounds one request to the endpoint.
const notifyTimeout = 15 * time.Second

// deliver posts the notification of a notice. An error means that it is delivered
// again.
func (n *notifier) deliver(ctx context.Context, notice *fulfillment.Notice) error {
	message := newNotification(notice, n.passwords)
	err := n.post(ctx, notice.ID, message)
	n.observe(message.Type, err)
	if err == nil && n.passwords {
		err = n.forget(ctx, notice) // they are delivered once
	}
	return err
}

func (n *notifier) post(ctx context.Context, id string, message *notification) error {
	body, err := json.Marshal(message)
	if err != nil {
		return errors.New("the notification cannot be encoded")
	}
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address of the endpoint is invalid")
	}
	now := time.Now()
	var signatures []string
	for _, signer := range n.signers {
		signature, err := signer.Sign(id, now, body)
		if err != nil {
			return errors.New("the notification cannot be signed")
		}
		signatures = append(signatures, signature)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "licensed")
	r.Header.Set(standardwebhooks.HeaderWebhookID, id)
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(now.Unix()))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	res, err := n.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("no response from the endpoint in time")
		}
		return errors.New("no response from the endpoint") // the error contains the URL
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection is reused
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("the endpoint responded with status %d", res.StatusCode)
	}
	return nil
}

// newNotifier returns the notifier of the settings, and nil without an endpoint.
func (a *app) newNotifier() (*notifier, error) {
	if a.set.notifyURL == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	signers, err := newSigners(a.set.notifySecret)
	if err != nil {
		return nil, err
	}
	transport := newTransport(notifyConcurrency)
	a.closers = append(a.closers, func() error { transport.CloseIdleConnections(); return nil })
	return &notifier{
		url: a.set.notifyURL, passwords: a.set.notifyPasswords, signers: signers,
		http: &http.Client{
			Transport: transport,
			// A redirect could lead the customer's data elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		forget: a.pipeline.ForgetPasswords, observe: a.metrics.recordNotification,
	}, nil
}

// notifyConcurrency is the number of notifications that are posted at the same time.
const notifyConcurrency = 4

// runNotifier posts notifications until ctx ends.
func (a *app) runNotifier(ctx context.Context) error {
	if a.notifier == nil {
		<-ctx.Done()
		return nil
	}
	return a.pipeline.Notify(ctx, fulfillment.NotifyConfig{Concurrency: notifyConcurrency}, a.notifier.deliver)
}
