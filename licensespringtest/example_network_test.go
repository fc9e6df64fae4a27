package licensespringtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

func ExampleServer_Offline() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	fmt.Println(srv.Offline())
	_, _, err := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED))
	fmt.Println(srv.Online())
	fmt.Println(post(srv, seatOrder))
	// Output:
	// <nil>
	// true
	// <nil>
	// 200
}

func ExampleServer_Online() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(licensespringtest.NewNetwork()))
	defer srv.Close()
	_ = srv.Offline()
	fmt.Println(post(srv, seatOrder))
	_ = srv.Online()
	fmt.Println(post(srv, seatOrder))
	// Output:
	// no response
	// 200
}

func ExampleServer_CloseConnections() {
	network := licensespringtest.NewNetwork()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	get(srv, "")
	srv.CloseConnections()
	get(srv, "")
	fmt.Println(network.Dials())
	// Output: 2
}

func ExampleNewNetwork() {
	network := licensespringtest.NewNetwork()
	network.Line(1).Refuse()
	network.Line(2).CutAfter(licensespringtest.ToClient, 100)
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	fmt.Println(post(srv, seatOrder), len(srv.Orders())) // Not sent.
	fmt.Println(post(srv, seatOrder), len(srv.Orders())) // Created, but the response is lost.
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output:
	// no response 0
	// no response 1
	// 409 order_id_exists 1
}

func ExampleNetwork_DialContext() {
	network := licensespringtest.NewNetwork()
	listener := network.Listener()
	defer listener.Close()
	client, _ := network.DialContext(context.Background(), "tcp", "saas.licensespring.com:443")
	server, _ := listener.Accept()

	fmt.Fprint(client, "written before it is read")
	_ = client.Close()
	got, err := io.ReadAll(server)
	fmt.Printf("%s, %v\n", got, err)
	// Output: written before it is read, <nil>
}

func ExampleNetwork_Listener() {
	network := licensespringtest.NewNetwork()
	_, err := network.DialContext(context.Background(), "tcp", "anywhere")
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED))
	listener := network.Listener()
	defer listener.Close()
	_, err = network.DialContext(context.Background(), "tcp", "anywhere")
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

func ExampleNetwork_OnDial() {
	network := licensespringtest.NewNetwork()
	network.OnDial(func(l *licensespringtest.Line) {
		if l.Ordinal()%2 == 1 {
			l.Refuse()
		}
	})
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	fmt.Println(get(srv, ""))
	fmt.Println(get(srv, ""))
	// Output:
	// no response
	// 200 []
}

func ExampleNetwork_Line() {
	network := licensespringtest.NewNetwork()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	get(srv, "")
	line := network.Line(1)
	fmt.Println(line.Ordinal(), line.Sent(licensespringtest.ToClient) == srv.Requests()[0].ResponseBytes)
	// Output: 1 true
}

func ExampleNetwork_Dials() {
	network := licensespringtest.NewNetwork()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	get(srv, "")
	get(srv, "") // Uses the same connection.
	fmt.Println(network.Dials())
	// Output: 1
}

func ExampleDirection() {
	network := licensespringtest.NewNetwork()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	get(srv, "")
	for _, d := range []licensespringtest.Direction{licensespringtest.ToServer, licensespringtest.ToClient} {
		fmt.Println(d, network.Line(1).Sent(d) > 0)
	}
	// Output:
	// to server true
	// to client true
}

func ExampleLine_Ordinal() {
	network := licensespringtest.NewNetwork()
	network.OnDial(func(l *licensespringtest.Line) { fmt.Println("dial", l.Ordinal()) })
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	get(srv, "")
	srv.CloseConnections()
	get(srv, "")
	// Output:
	// dial 1
	// dial 2
}

func ExampleLine_Sent() {
	network := licensespringtest.NewNetwork()
	network.Line(1).CutAfter(licensespringtest.ToClient, 100)
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	fmt.Println(post(srv, seatOrder), network.Line(1).Sent(licensespringtest.ToClient))
	// Output: no response 100
}

func ExampleLine_CutAfter() {
	network := licensespringtest.NewNetwork()
	network.Line(1).CutAfter(licensespringtest.ToServer, 10)
	network.Line(2).CutAfter(licensespringtest.ToServer, 12).Reset()
	listener := network.Listener()
	defer listener.Close()
	for range 2 {
		client, _ := network.DialContext(context.Background(), "tcp", "anywhere")
		server, _ := listener.Accept()
		n, err := fmt.Fprint(client, "twenty bytes of data")
		fmt.Println(n, errors.Is(err, syscall.ECONNRESET))
		got, err := io.ReadAll(server)
		fmt.Printf("%q %t\n", got, errors.Is(err, syscall.ECONNRESET))
	}
	// Output:
	// 10 true
	// "twenty byt" false
	// 12 true
	// "twenty bytes" true
}

func ExampleLine_Reset() {
	network := licensespringtest.NewNetwork()
	network.Line(1).CutAfter(licensespringtest.ToServer, 5)
	network.Line(2).CutAfter(licensespringtest.ToServer, 5).Reset()
	listener := network.Listener()
	defer listener.Close()
	for range 2 {
		client, _ := network.DialContext(context.Background(), "tcp", "anywhere")
		server, _ := listener.Accept()
		fmt.Fprint(client, "hello, server")
		got, err := io.ReadAll(server)
		fmt.Printf("%s, reset: %t\n", got, errors.Is(err, syscall.ECONNRESET))
	}
	// Output:
	// hello, reset: false
	// hello, reset: true
}

func ExampleLine_StallAfter() {
	network := licensespringtest.NewNetwork()
	network.Line(1).StallAfter(licensespringtest.ToClient, 0)
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	fmt.Println(postFor(250*time.Millisecond, srv, seatOrder), len(srv.Orders()))
	// Output: no response 1
}

func ExampleLine_Delay() {
	network := licensespringtest.NewNetwork()
	network.OnDial(func(l *licensespringtest.Line) { l.Delay(2 * time.Millisecond) })
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	start := time.Now()
	fmt.Println(get(srv, ""))
	fmt.Println(time.Since(start) >= 8*time.Millisecond) // Two round trips: dial and request.
	// Output:
	// 200 []
	// true
}

func ExampleLine_Refuse() {
	network := licensespringtest.NewNetwork()
	network.Line(1).Refuse()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	_, _, err := call(srv, http.MethodGet, "", "")
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED))
	// Output: true
}
