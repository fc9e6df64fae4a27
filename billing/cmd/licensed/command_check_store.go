package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// clusterTimeout bounds connecting to a NATS cluster.
const clusterTimeout = 5 * time.Second

// checkStore checks that the queue can be opened. It opens nothing, because the service
// may be running.
func (c *checkCommand) checkStore(ctx context.Context) {
	set := c.app.set
	switch {
	case set.natsURL != "":
		if err := checkCluster(ctx, set); err != nil {
			c.problem("the NATS cluster: %v", err)
			return
		}
		c.ok("the NATS cluster is reachable, and JetStream is enabled")
	case set.store != "":
		if err := checkDirectory(set.store); err != nil {
			c.problem("the store: %v", err)
			return
		}
		c.ok("the store directory is writable")
	}
}

// checkDirectory checks that files can be created in a directory, or in the directory in
// which it would be created.
func checkDirectory(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for {
		info, err := os.Stat(dir)
		parent := filepath.Dir(dir)
		if errors.Is(err, fs.ErrNotExist) && parent != dir {
			dir = parent
			continue
		}
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%s is not a directory", dir)
		}
		break
	}
	f, err := os.CreateTemp(dir, ".licensed-check-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// checkCluster connects to a NATS cluster and reads the state of its JetStream.
func checkCluster(ctx context.Context, set *settings) error {
	options := []nats.Option{nats.Name("licensed check"), nats.Timeout(clusterTimeout)}
	if set.natsCreds != "" {
		if err := checkCredentials(set.natsCreds); err != nil {
			return err
		}
		options = append(options, nats.UserCredentials(set.natsCreds))
	}
	conn, err := nats.Connect(set.natsURL, options...)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	_, err = js.AccountInfo(ctx)
	return err
}
