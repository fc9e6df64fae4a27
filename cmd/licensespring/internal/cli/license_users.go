package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
)

// licenseUsers returns the command "license users".
func (a *app) licenseUsers() *cobra.Command {
	return group("users", "Read and change the users of a license",
		a.usersList(), a.usersAssign(), a.usersUnassign(), a.usersSetPassword())
}

// usersList returns the command "license users list".
func (a *app) usersList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list LICENSE",
		Short: "List the users of a license",
		Long:  "List lists the users of a license.\n\n" + licenseNameHelp,
		Args:  wantArgs("LICENSE"),
	}
	out := a.addOutput(cmd)
	out.addSecrets(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		record, err := findLicense(cmd.Context(), client, args[0])
		if err != nil {
			return err
		}
		writer := list(out, userColumns())
		for _, u := range view.Users(record.LicenseUsers, out.secrets) {
			if err := writer.Write(u); err != nil {
				return writing(err)
			}
		}
		return writing(writer.Close())
	}
	return cmd
}

// usersAssign returns the command "license users assign".
func (a *app) usersAssign() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "assign LICENSE EMAIL",
		Short: "Assign a user to a license",
		Long: `Assign assigns a user to a license, unless the license has the user. The service chooses
an initial password and shows it once: --show-secrets shows it.

` + licenseNameHelp,
		Example: `  licensespring license users assign 1933000000000031 ada@example.com --show-secrets`,
		Args:    wantArgs("LICENSE", "EMAIL"),
	}
	manager := cmd.Flags().Bool("manager", false, "make the user a manager of the license")
	return a.change(cmd, func(client *licensespring.Client, args []string) (*change, error) {
		user := licensespring.UserAssignment{Email: args[1]}
		if *manager {
			user.IsManager = manager
		}
		return &change{
			license: args[0],
			preview: func(id int64) (*licensespring.Preview, error) { return client.PreviewAssignUser(id, user) },
			write: func(ctx context.Context, id int64) (*licensespring.LicenseResult, error) {
				return client.AssignUser(ctx, id, user)
			},
		}, nil
	})
}

// usersUnassign returns the command "license users unassign".
func (a *app) usersUnassign() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "unassign LICENSE EMAIL",
		Short:   "Remove a user from a license",
		Long:    "Unassign removes a user from a license, if the license has the user.\n\n" + licenseNameHelp,
		Example: `  licensespring license users unassign 1933000000000031 ada@example.com`,
		Args:    wantArgs("LICENSE", "EMAIL"),
	}
	return a.change(cmd, func(client *licensespring.Client, args []string) (*change, error) {
		return &change{
			license: args[0],
			preview: func(id int64) (*licensespring.Preview, error) { return client.PreviewUnassignUser(id, args[1]) },
			write: func(ctx context.Context, id int64) (*licensespring.LicenseResult, error) {
				return client.UnassignUser(ctx, id, args[1])
			},
		}, nil
	})
}

// usersSetPassword returns the command "license users set-password".
func (a *app) usersSetPassword() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set-password EMAIL",
		Short: "Set the password of a user, for all licenses of the user",
		Long: `Set-password sets the password of a license user, for example after the response with
the initial one was lost. It reads the password from the terminal without showing it, or
from the first line of standard input.`,
		Example: `  licensespring license users set-password ada@example.com < password.txt`,
		Args:    wantArgs("EMAIL"),
	}
	out := a.addOutput(cmd)
	dryRun := addDryRun(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		if *dryRun { // the body of the request would show the password
			preview, err := client.PreviewSetUserPassword(args[0], licensespring.NewSecret("[redacted]"))
			if err != nil {
				return err
			}
			return out.previews([]*licensespring.Preview{preview}, exit.Done)
		}
		password, err := a.readPassword(cmd.Context())
		if err != nil {
			return err
		}
		ctx, end := a.beginWrite(cmd.Context())
		defer end()
		res, err := client.SetUserPassword(ctx, args[0], password)
		return out.licenseResult(0, res, err)
	}
	return cmd
}

// readPassword reads a password from the terminal, or the first line of the input.
func (a *app) readPassword(ctx context.Context) (licensespring.Secret, error) {
	read := func() (string, error) {
		text, err := bufio.NewReader(io.LimitReader(a.stdin, maxPassword+int64(len("\r\n")))).ReadString('\n')
		if err == io.EOF {
			err = nil
		}
		return text, err
	}
	if file, ok := a.stdin.(*os.File); ok && output.IsTerminal(file) {
		state, err := term.GetState(int(file.Fd()))
		if err != nil {
			return licensespring.Secret{}, err
		}
		// An interrupt leaves ReadPassword waiting, and the terminal without echo.
		defer func() { _ = term.Restore(int(file.Fd()), state) }()
		_, _ = fmt.Fprint(a.stderr, "Password: ")
		read = func() (string, error) {
			text, err := term.ReadPassword(int(file.Fd()))
			a.message("")
			return string(text), err
		}
	}
	type line struct {
		text string
		err  error
	}
	lines := make(chan line, 1)
	go func() {
		text, err := read()
		lines <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		return licensespring.Secret{}, exit.Silent(exit.Interrupted)
	case l := <-lines:
		text := strings.TrimRight(l.text, "\r\n")
		if l.err != nil || text == "" {
			return licensespring.Secret{}, exit.Usagef("no password on standard input")
		}
		if len(text) > maxPassword {
			return licensespring.Secret{}, exit.Usagef("the password is longer than %d bytes", maxPassword)
		}
		return licensespring.NewSecret(text), nil
	}
}

// maxPassword is the maximum size of a password in bytes.
const maxPassword = 1024
