package otellicensespring_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
	otellicensespring "github.com/licensespring-go/licensespring/otel"
)

// TestObserverWithoutProviders checks that orders are created without providers and with
// nil options.
func TestObserverWithoutProviders(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]otellicensespring.Option{
		"no options":    nil,
		"nil options":   {nil},
		"nil providers": {otellicensespring.WithTracerProvider(nil), otellicensespring.WithMeterProvider(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, _ := inMemory(t, nil, licensespring.WithObserver(otellicensespring.Observer(options...)))
				require.NoError(t, create(anOrder("inv-1"))(t.Context(), client))
				assert.Error(t, create(anOrder("inv-1"))(t.Context(), client))
			})
		})
	}
}

// TestNotSampled checks that metrics do not depend on the sampling of spans.
func TestNotSampled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		never := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(r.spans), sdktrace.WithSampler(sdktrace.NeverSample()))
		client, _ := inMemory(t, nil, licensespring.WithObserver(r.observer(otellicensespring.WithTracerProvider(never))))
		require.NoError(t, create(anOrder("inv-1"))(t.Context(), client))
		assert.Empty(t, r.spans.Started())
		assert.Len(t, r.metrics(t), 3)
	})
}

// TestTwoObservers checks that each observer of a client records a complete trace.
func TestTwoObservers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one, two := newRecorder(), newRecorder()
		client, s := inMemory(t, nil, licensespring.WithObserver(one.observer()), licensespring.WithObserver(two.observer()))
		s.Inject(lst.Status(503))
		require.NoError(t, create(anOrder("inv-1"))(t.Context(), client))
		for _, r := range []*recorder{one, two} {
			spans := r.ended(t)
			require.Len(t, spans, 3)
			assert.Equal(t, spans[0].SpanContext.SpanID(), spans[1].Parent.SpanID())
			assert.Equal(t, spans[0].SpanContext.SpanID(), spans[2].Parent.SpanID())
			assert.Equal(t, int64(2), attributesOf(&spans[0])["licensespring.attempts"])
		}
	})
}

// TestReplacedContext uses a second observer that replaces the context, which violates
// the contract of Observer. Only spans are lost.
func TestReplacedContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		client, _ := inMemory(t, nil, licensespring.WithObserver(r.observer()), licensespring.WithObserver(licensespring.Observer{
			StartCall: func(context.Context, licensespring.CallStarted) context.Context { return t.Context() },
		}))
		require.NoError(t, create(anOrder("inv-1"))(t.Context(), client))
		assert.Len(t, r.spans.Started(), 1)
		assert.Contains(t, r.metrics(t), "licensespring.client.call.duration")
	})
}

// TestPropagation checks that the trace context is not sent to the service, and that a
// transport finds the span of the attempt in the context.
func TestPropagation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		client, s := inMemory(t, nil, licensespring.WithObserver(r.observer()))
		require.NoError(t, create(anOrder("inv-1"))(t.Context(), client))
		for _, header := range []string{"Traceparent", "Tracestate", "Baggage"} {
			assert.NotContains(t, s.Requests()[0].Header, header)
		}

		var sent string
		client = newClient(t, func(req *http.Request) (*http.Response, error) {
			header := http.Header{}
			propagation.TraceContext{}.Inject(req.Context(), propagation.HeaderCarrier(header))
			sent = header.Get("Traceparent")
			return respond(404, ``)(req)
		}, licensespring.WithObserver(r.observer()))
		require.Error(t, getOrder(77)(t.Context(), client))
		spans := r.ended(t)
		attempt := &spans[len(spans)-1]
		assert.Equal(t, trace.SpanKindClient, attempt.SpanKind)
		assert.Equal(t, "00-"+attempt.SpanContext.TraceID().String()+"-"+attempt.SpanContext.SpanID().String()+"-01", sent)
	})
}

// TestImportHasNoSideEffects checks that the package has no init function and that no
// package variable calls a function.
func TestImportHasNoSideEffects(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	read := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		read++
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				assert.NotEqual(t, "init", decl.Name.Name, name)
			case *ast.GenDecl:
				if decl.Tok == token.VAR {
					ast.Inspect(decl, func(n ast.Node) bool {
						_, calls := n.(*ast.CallExpr)
						assert.False(t, calls, name)
						return true
					})
				}
			}
		}
	}
	assert.Greater(t, read, 5)
}
