package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// embeddedPayload bounds one message on the embedded server, in bytes. NATS
// warns above 8 MiB; chunks of several MiB keep few requests in flight.
const embeddedPayload = 8 << 20

// Server is a nats-server inside this process, with JetStream in memory.
type Server struct {
	srv *server.Server
	dir string
	url string
}

// StartServer starts a server. With an empty address it opens no port and is
// reached by Connect alone; "host:port" makes it listen, port 0 choosing one.
// It takes some 20 ms.
func StartServer(address string) (*Server, error) {
	dir, err := os.MkdirTemp("", "headwater-nats-*")
	if err != nil {
		return nil, fmt.Errorf("directory of the embedded NATS server: %w", err)
	}
	opts := &server.Options{
		ServerName: "headwater-" + NewID(), DontListen: address == "", StoreDir: dir, JetStream: true,
		JetStreamMaxMemory: 1 << 30, JetStreamMaxStore: 1 << 30, MaxPayload: embeddedPayload,
		NoSigs: true, NoLog: true, DisableJetStreamBanner: true, NoSystemAccount: true,
	}
	if address != "" {
		host, port, err := net.SplitHostPort(address)
		if err == nil {
			opts.Host = host
			opts.Port, err = strconv.Atoi(port)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("address %q of a NATS server: %w", address, err), os.RemoveAll(dir))
		}
		if opts.Port == 0 {
			opts.Port = server.RANDOM_PORT
		}
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded NATS server: %w", err), os.RemoveAll(dir))
	}
	srv.Start()
	s := &Server{srv: srv, dir: dir, url: "in-process"}
	if !srv.ReadyForConnections(10 * time.Second) {
		return nil, errors.Join(errors.New("the embedded NATS server was not ready after 10 s"), s.Close())
	}
	if address != "" {
		s.url = srv.ClientURL()
	}
	return s, nil
}

// URL returns where the server listens; "in-process" if it does not.
func (s *Server) URL() string { return s.url }

// Connect connects without a socket.
func (s *Server) Connect(ctx context.Context) (*Conn, error) {
	c, err := connect(ctx, s.url, DefaultReconnect, nats.InProcessServer(s.srv))
	if err != nil {
		return nil, err
	}
	c.embedded = true
	return c, nil
}

// Close stops the server and removes its directory.
func (s *Server) Close() error {
	s.srv.Shutdown()
	s.srv.WaitForShutdown()
	return os.RemoveAll(s.dir)
}
