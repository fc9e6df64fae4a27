// Command deploy lints Dockerfiles with the rules of docker build --check, which needs a
// Docker engine.
//
//	go run . ../../deploy/Dockerfile
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
)

func main() {
	failed := false
	for _, file := range os.Args[1:] {
		if err := lint(context.Background(), file, os.Stderr); err != nil { //nolint:forbidigo // main has no context
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			failed = true
		}
	}
	if failed || len(os.Args) == 1 {
		os.Exit(1)
	}
}

// lint prints the warnings and the error of a Dockerfile.
func lint(ctx context.Context, file string, out io.Writer) error {
	text, err := os.ReadFile(file) //nolint:gosec // the file is an argument
	if err != nil {
		return err
	}
	source := llb.NewSourceMap(nil, file, "Dockerfile", text)
	source.Definition = &llb.Definition{} // it is not part of a build
	results, err := dockerfile2llb.DockerfileLint(ctx, text, dockerfile2llb.ConvertOpt{
		SourceMap: source, MetaResolver: offline{},
	})
	if err != nil {
		return err
	}
	unchanged := func(s *pb.SourceInfo) *pb.SourceInfo { return s }
	if err := results.PrintTo(out, unchanged); err != nil {
		return err
	}
	if results.Error != nil {
		return errors.New(results.Error.Message)
	}
	if n := len(results.Warnings); n > 0 {
		return fmt.Errorf("%d warnings", n)
	}
	return nil
}

// offline describes every base image as an empty one, so that no registry is read.
type offline struct{}

// ResolveImageConfig returns the configuration of an empty image.
func (offline) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, "", []byte(`{"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/usr/bin"]}}`), nil
}
