// Command mongodb_backup_exporter tells Prometheus whether the backups of managed MongoDB on Alibaba Cloud and Huawei
// Cloud are good.
package main

import (
	"context"
	_ "embed"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"mongodb_backup_exporter/internal/cli"
)

// release is the version that is being worked on, or that this is.
//
//go:embed VERSION
var release string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], cli.OfProcess(time.Now, strings.TrimSpace(release)))
	stop()
	os.Exit(code)
}
