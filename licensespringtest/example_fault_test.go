package licensespringtest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

func ExampleServer_Inject() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(
		licensespringtest.Status(503),
		licensespringtest.Status(429, licensespringtest.Header("Retry-After", "1")),
	)
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	// Output:
	// 503 {"detail":"Service Unavailable"}
	// 429 {"detail":"Too Many Requests"}
	// 200
}

func ExampleServer_PendingFaults() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropAfter(), licensespringtest.CutResponse(100).On(licensespringtest.ListOrders))
	post(srv, seatOrder)
	fmt.Println(srv.PendingFaults())
	// Output: [CutResponse(100)]
}

func ExampleServer_ClearFaults() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(500).Forever())
	fmt.Println(post(srv, seatOrder))
	srv.ClearFaults()
	fmt.Println(post(srv, seatOrder))
	// Output:
	// 500 {"detail":"Internal Server Error"}
	// 200
}

func ExampleFault_On() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(500).On(licensespringtest.ListOrders, licensespringtest.GetOrder))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(get(srv, ""))
	// Output:
	// 200
	// 500 {"detail":"Internal Server Error"}
}

func ExampleFault_When() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(500).When(func(r *http.Request) bool { return r.URL.Query().Get("offset") == "20" }))
	fmt.Println(get(srv, "?offset=0"))
	fmt.Println(get(srv, "?offset=20"))
	// Output:
	// 200 []
	// 500 {"detail":"Internal Server Error"}
}

func ExampleFault_Nth() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(500).Nth(2))
	fmt.Println(get(srv, ""))
	fmt.Println(get(srv, ""))
	fmt.Println(get(srv, ""))
	// Output:
	// 200 []
	// 500 {"detail":"Internal Server Error"}
	// 200 []
}

func ExampleFault_Times() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropBefore().Times(2))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	// Output:
	// no response
	// no response
	// 200
}

func ExampleFault_Forever() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropBefore().Nth(2).Forever())
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	// Output:
	// 200
	// no response
	// no response
}

func ExampleFault_Reset() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(licensespringtest.NewNetwork()))
	defer srv.Close()
	srv.Inject(licensespringtest.DropAfter(), licensespringtest.DropAfter().Reset())
	_, _, err := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(errors.Is(err, io.EOF))
	_, _, err = call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(errors.Is(err, syscall.ECONNRESET))
	// Output:
	// true
	// true
}

func ExampleFault_String() {
	fmt.Println(licensespringtest.SlowDrip(10, time.Second))
	// Output: SlowDrip(10, 1s)
}

func ExampleCombine() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	// The response is lost, and lookups do not show the order yet.
	srv.Inject(licensespringtest.Combine(licensespringtest.DropAfter(), licensespringtest.InvisibleFor(time.Hour)))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(get(srv, "?store_id=inv-1"))
	fmt.Println(len(srv.Orders()))
	// Output:
	// no response
	// 200 []
	// 1
}

func ExampleDropConnection() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropConnection())
	fmt.Println(post(srv, seatOrder), len(srv.Requests()))
	fmt.Println(post(srv, seatOrder), len(srv.Requests()))
	// Output:
	// no response 0
	// 200 1
}

func ExampleDropBefore() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropBefore())
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: no response 0
}

func ExampleDropAfter() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropAfter())
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: no response 1
}

func ExampleCutResponse() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, seatOrder)
	whole := srv.Requests()[0].ResponseBytes

	srv.Inject(licensespringtest.CutResponse(whole - 1))
	fmt.Println(post(srv, strings.Replace(seatOrder, "inv-1", "inv-2", 1)))
	fmt.Println(len(srv.Orders()), whole-srv.Requests()[1].ResponseBytes)
	// Output:
	// no response
	// 2 1
}

func ExampleCutRequest() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.CutRequest(5))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	fmt.Printf("%s\n", srv.Requests()[0].Body)
	// Output:
	// no response 0
	// {"id"
}

func ExampleStallBefore() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.StallBefore())
	fmt.Println(postFor(10*time.Millisecond, srv, seatOrder), len(srv.Orders()))
	// Output: no response 0
}

func ExampleStallAfter() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.StallAfter())
	fmt.Println(postFor(250*time.Millisecond, srv, seatOrder), len(srv.Orders()))
	// Output: no response 1
}

func ExampleDelayBefore() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DelayBefore(time.Millisecond))
	fmt.Println(post(srv, seatOrder))
	// Output: 200
}

func ExampleDelayAfter() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DelayAfter(time.Millisecond))
	fmt.Println(post(srv, seatOrder))
	// Output: 200
}

func ExampleSlowDrip() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.SlowDrip(100, time.Millisecond))
	start := time.Now()
	fmt.Println(post(srv, seatOrder))
	fmt.Println(time.Since(start) > 5*time.Millisecond)
	// Output:
	// 200
	// true
}

func ExampleWrongContentType() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.WrongContentType("text/html"))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: 200 1
}

func ExampleHugeBody() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.HugeBody(1 << 20))
	_, body, _ := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(len(body), json.Valid([]byte(body)))
	// Output: 1048576 true
}

func ExampleGzipBomb() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.GzipBomb(1 << 20))
	_, body, _ := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(len(body), srv.Requests()[0].ResponseBytes < 10000)
	// Output: 1048576 true
}

func ExampleInvisibleFor() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.InvisibleFor(time.Hour))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(get(srv, "?store_id=inv-1"))
	// Output:
	// 200
	// 200 []
}

func ExampleRedirect() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Redirect(http.StatusTemporaryRedirect, "https://elsewhere.example/"))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: 307 0
}

func ExampleCustom() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		w.Header().Set("X-Request-Id", "req-7")
		next.ServeHTTP(w, r)
	}))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: 200 1
}

func ExampleStatus() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(503))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: 503 {"detail":"Service Unavailable"} 0
}

func ExampleStored() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(502, licensespringtest.Stored()))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: 502 {"detail":"Bad Gateway"} 1
}

func ExampleHeader() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	// Seconds that overflow a time.Duration.
	srv.Inject(licensespringtest.Status(429, licensespringtest.Header("Retry-After", "9223372036854775807")))
	fmt.Println(post(srv, seatOrder))
	// Output: 429 {"detail":"Too Many Requests"}
}

func ExampleBody() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(502, licensespringtest.Body("text/html", "<h1>Bad Gateway</h1>")))
	fmt.Println(post(srv, seatOrder))
	// Output: 502 <h1>Bad Gateway</h1>
}
