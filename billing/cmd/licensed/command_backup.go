package main

import (
	"io"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// backup runs the backup command, and restore the restore command. Both copy files,
// and need neither a running serve nor the encryption key.
func backup(args []string, env environment, stdout, stderr io.Writer) error {
	return copyStore("backup", "backed up to", fulfillment.Backup, args, env, stdout, stderr)
}

func restore(args []string, env environment, stdout, stderr io.Writer) error {
	fromBackup := func(store, backup string) error { return fulfillment.Restore(backup, store) }
	return copyStore("restore", "restored from", fromBackup, args, env, stdout, stderr)
}

func copyStore(name, done string, copyFiles func(store, backup string) error, args []string, env environment, stdout, stderr io.Writer) error {
	var store string
	f := newEnvFlags("licensed "+name, env, stderr)
	f.string(&store, "store", "LICENSED_STORE", "", "`directory` of the embedded queue")
	if err := f.parse(args); err != nil {
		return err
	}
	if f.set.NArg() != 1 || store == "" {
		printf(stderr, "usage: licensed %s -store DIR BACKUP_DIR\n", name)
		return errUsage
	}
	if err := copyFiles(store, f.set.Arg(0)); err != nil {
		return err
	}
	printf(stdout, "%s %s\n", done, f.set.Arg(0))
	return nil
}
