package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// maxEntry is far more than a file of the register needs.
const maxEntry = 4 << 10

// Memory is a store for tests and for a lab within one process.
type Memory struct {
	mu    sync.Mutex
	files map[string][]byte
}

// Create makes a file that is not there.
func (m *Memory) Create(_ context.Context, name string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.files[name]; there {
		return ErrExists
	}
	if m.files == nil {
		m.files = map[string][]byte{}
	}
	m.files[name] = append([]byte(nil), content...)
	return nil
}

// Read gives a file.
func (m *Memory) Read(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, there := m.files[name]
	if !there {
		return nil, ErrAbsent
	}
	return append([]byte(nil), b...), nil
}

// Directory is a store in a folder that the system has mounted.
type Directory struct{ Path string }

// Create writes the file beside its place and links it there: it is whole or not there, and a link never replaces.
func (d Directory) Create(_ context.Context, name string, content []byte) error {
	f, err := os.CreateTemp(d.Path, "claim-*")
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	err = os.Link(f.Name(), filepath.Join(d.Path, name))
	if errors.Is(err, os.ErrExist) {
		return ErrExists
	}
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return syncFolder(d.Path)
}

// syncFolder makes a new name last through a loss of power, where the system can.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	defer f.Close()
	_ = f.Sync() // Windows cannot, and writes names through
	return nil
}

// Read gives a file.
func (d Directory) Read(_ context.Context, name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(d.Path, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrAbsent
	}
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxEntry))
}

// OnShare is a store on a file share. Each call has a connection of its own: a cut one cannot hold up the next.
type OnShare struct {
	Dialer  Dialer
	Target  Target
	SMB     SMB
	Timeout time.Duration // of one call; 10 s unless set
}

func (o OnShare) session(ctx context.Context) (context.Context, *session, func(), error) {
	timeout := o.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	in, err := o.SMB.connect(ctx, o.Dialer, o.Target)
	if err != nil {
		cancel()
		return nil, nil, nil, fmt.Errorf("register: %s: %w", troubleOf(o.Target, o.SMB, err), err)
	}
	return ctx, in, func() { in.close(); cancel() }, nil
}

// Create makes the file exclusively (FILE_CREATE, MS-SMB2 2.2.13), then writes it. One that dies in between leaves a file
// that names nobody, and the register says so.
func (o OnShare) Create(ctx context.Context, name string, content []byte) error {
	_, in, end, err := o.session(ctx)
	if err != nil {
		return err
	}
	defer end()
	f, err := in.share.OpenFile(o.SMB.path(name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return ErrExists
	}
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

// Read gives a file.
func (o OnShare) Read(ctx context.Context, name string) ([]byte, error) {
	_, in, end, err := o.session(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	f, err := in.share.Open(o.SMB.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrAbsent
	}
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxEntry))
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	return b, nil
}
