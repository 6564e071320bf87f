// Command mongodb_backup_exporter tells Prometheus whether the backups of managed MongoDB on Alibaba Cloud and Huawei
// Cloud are good.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"mongodb_backup_exporter/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], cli.OfProcess(time.Now))
	stop()
	os.Exit(code)
}
