/* An upstream that costs next to nothing: every wire format, one thread, epoll. What it says is in wires.h, which
 * answers.py writes.
 *
 *   cc -O2 -I FOLDER -o stub stub.c && ./stub PORT
 *
 * The request's text steers it, so that it works through any proxy: "[n=50 gap=20000]" asks a stream for n content
 * chunks with gap microseconds between them (0: each its own write, as fast as they go). The first goes out at once.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 4096
#define ROOM (1 << 20)

typedef struct {
  size_t size;
  const char *bytes;
} Text;

typedef struct {
  Text path, type, whole, head, chunk, tail; /* the last three are framed as HTTP chunks */
} Wire;

#include "wires.h"

typedef struct {
  char *in;
  size_t have;
  const Wire *wire;
  int left, total; /* chunks still to write; 0: idle */
  long gap, due;
} Peer;

static Peer peers[MOST];
static int top; /* the highest descriptor there ever was, and one */

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void put(int fd, const char *bytes, size_t size) {
  while (size) {
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (sent <= 0) return;
    bytes += sent, size -= (size_t)sent;
  }
}

static void whole(int fd, const Wire *wire) {
  char out[256];
  int size = snprintf(out, sizeof out, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n", wire->whole.size);
  char all[8192];
  memcpy(all, out, (size_t)size), memcpy(all + size, wire->whole.bytes, wire->whole.size);
  put(fd, all, (size_t)size + wire->whole.size);
}

static void head(int fd, const Wire *wire) {
  char out[256];
  int size = snprintf(out, sizeof out, "HTTP/1.1 200 OK\r\ncontent-type: %s\r\ntransfer-encoding: chunked\r\n\r\n", wire->type.bytes);
  put(fd, out, (size_t)size);
  put(fd, wire->head.bytes, wire->head.size);
}

static const Wire *spoken(const char *in, size_t header) { /* the first line has the path */
  const char *end = memchr(in, '\r', header);
  size_t most = sizeof WIRES / sizeof *WIRES - 1, wire = 0;
  while (wire < most && !memmem(in, (size_t)(end - in), WIRES[wire].path.bytes, WIRES[wire].path.size)) wire++;
  return &WIRES[wire];
}

static int streamed(const Peer *p, size_t header) {
  const char *end = memchr(p->in, '\r', header);
  return memmem(p->in, p->have, "\"stream\":true", 13) || memmem(p->in, (size_t)(end - p->in), "stream", 6);
}

static void answer(int fd, Peer *p, size_t header) {
  char *steer = memmem(p->in, p->have, "[n=", 3);
  p->wire = spoken(p->in, header);
  if (!streamed(p, header)) return whole(fd, p->wire);
  p->total = 50, p->gap = 0;
  if (steer) sscanf(steer, "[n=%d gap=%ld]", &p->total, &p->gap);
  head(fd, p->wire);
  p->left = p->total, p->due = now();
}

static void turn(int fd, Peer *p) { /* write every chunk that is due */
  while (p->left && p->due <= now()) {
    put(fd, p->wire->chunk.bytes, p->wire->chunk.size);
    p->due += p->gap;
    if (!--p->left) put(fd, p->wire->tail.bytes, p->wire->tail.size);
  }
}

static int hear(int fd, Peer *p) {
  ssize_t got = recv(fd, p->in + p->have, ROOM - p->have - 1, MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return 0;
  if (got > 0) p->have += (size_t)got;
  p->in[p->have] = 0;
  char *end = memmem(p->in, p->have, "\r\n\r\n", 4), *length = strcasestr(p->in, "content-length:");
  if (!end || !length || length > end) return 1;
  size_t header = (size_t)(end + 4 - p->in), body = strtoul(length + 15, NULL, 10);
  if (p->have < header + body) return 1;
  answer(fd, p, header);
  p->have = 0;
  return 1;
}

int main(int argc, char **argv) {
  int one = 1, door = socket(AF_INET, SOCK_STREAM, 0), ep = epoll_create1(0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argc > 1 ? argv[1] : "0")), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(door, (void *)&at, sizeof at) || listen(door, 1024)) return 1;
  getsockname(door, (void *)&at, &size);
  printf("%d\n", ntohs(at.sin_port)), fflush(stdout);
  struct epoll_event ev = {EPOLLIN, {.fd = door}}, got[64];
  epoll_ctl(ep, EPOLL_CTL_ADD, door, &ev);
  for (;;) {
    long next = -1, t = now();
    for (int fd = 0; fd < top; fd++)
      if (peers[fd].left && (next < 0 || peers[fd].due < next)) next = peers[fd].due;
    long wait = next < 0 ? 900000 : next <= t ? 0 : next - t;
    struct timespec pause = {wait / 1000000, wait % 1000000 * 1000};
    int n = epoll_pwait2(ep, got, 64, &pause, NULL);
    for (int i = 0; i < n; i++) {
      int fd = got[i].data.fd;
      if (fd == door) {
        int peer = accept(door, NULL, NULL);
        if (peer < 0) continue;
        if (peer >= MOST) { close(peer); continue; }
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (!peers[peer].in) peers[peer].in = malloc(ROOM);
        peers[peer].have = 0, peers[peer].left = 0;
        if (peer >= top) top = peer + 1;
        ev = (struct epoll_event){EPOLLIN, {.fd = peer}};
        epoll_ctl(ep, EPOLL_CTL_ADD, peer, &ev);
      } else if (!hear(fd, &peers[fd])) {
        peers[fd].left = 0;
        close(fd);
      }
    }
    for (int fd = 0; fd < top; fd++)
      if (peers[fd].left) turn(fd, &peers[fd]);
  }
}
