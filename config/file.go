package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// readRegular returns the content of a regular file of at most most bytes. It refuses everything else without waiting:
// reading a device or pipe may never end. purpose says in a message what the file must be, e.g. "it must hold one key".
func readRegular(name string, most int64, purpose string) ([]byte, error) {
	info, err := os.Stat(name) // before opening: that alone may wait, or have an effect on a device
	if err == nil {
		err = regular(info, purpose)
	}
	if err != nil {
		return nil, withNextStep(err)
	}
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, withNextStep(err)
	}
	defer f.Close()
	info, err = f.Stat() // the file may have been replaced meanwhile
	if err == nil {
		err = regular(info, purpose)
	}
	if err != nil {
		return nil, withNextStep(err)
	}
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if int64(len(content)) > most {
		return nil, fmt.Errorf("larger than %d bytes; %s", most, purpose)
	}
	return content, withNextStep(err)
}

// withNextStep returns an error of the operating system without the path, which the message has already, and with what to do
// about it. Every other error is returned as it is.
func withNextStep(err error) error {
	failed, ok := errors.AsType[*fs.PathError](err)
	if !ok {
		return err
	}
	next := "find out whether this machine can read the file at all"
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		next = "make it, or correct the path"
	case errors.Is(err, fs.ErrPermission):
		next = "let the user that runs this program read it, and enter its directory"
	}
	return fmt.Errorf("%w; %s", failed.Err, next)
}

// regular returns an error that says what a file is, unless it is a regular one.
func regular(info fs.FileInfo, purpose string) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return errors.New(kindOf(info.Mode()) + ", not a regular file; " + purpose)
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeDir != 0:
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}
