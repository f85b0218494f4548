/* An upstream that costs next to nothing: OpenAI's and Anthropic's wire, one thread, epoll.
 *
 *   cc -O2 -o stub stub.c && ./stub PORT
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
  char *in;
  size_t have;
  int left, total, anthropic; /* chunks still to write; 0: idle */
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

static void event(int fd, const char *text) {
  char out[2048];
  int size = snprintf(out, sizeof out, "%zx\r\n%s\r\n", strlen(text), text);
  put(fd, out, (size_t)size);
}

#define PROSE "a piece of an answer, about as long as a few tokens that came together"
#define TALK "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1763689200,\"model\":\"stub\",\"system_fingerprint\":\"fp_1\",\"choices\":"
#define DATA "data: " TALK

static const char *OPENAI =
    "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1763689200,\"model\":\"stub\",\"choices\":[{\"index\":0,"
    "\"message\":{\"role\":\"assistant\",\"content\":\"" PROSE ". " PROSE ". " PROSE ".\",\"refusal\":null},\"logprobs\":null,"
    "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":210,\"completion_tokens\":40,\"total_tokens\":250,"
    "\"prompt_tokens_details\":{\"cached_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0}},\"system_fingerprint\":\"fp_1\"}";
static const char *ANTHROPIC =
    "{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"stub\",\"content\":[{\"type\":\"text\",\"text\":\"" PROSE ". " PROSE
    ". " PROSE ".\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":210,\"output_tokens\":40}}";

static void whole(int fd, const char *body) {
  char out[4096];
  int size = snprintf(out, sizeof out, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s", strlen(body), body);
  put(fd, out, (size_t)size);
}

static void head(int fd, int anthropic) {
  const char *text = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  put(fd, text, strlen(text));
  if (!anthropic) return event(fd, DATA "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n");
  event(fd, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\","
            "\"model\":\"stub\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":210,\"output_tokens\":1}}}\n\n");
  event(fd, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
}

static void chunk(int fd, int anthropic) {
  event(fd, anthropic ? "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" PROSE "\"}}\n\n"
                      : DATA "[{\"index\":0,\"delta\":{\"content\":\"" PROSE "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
}

static void tail(int fd, int anthropic) {
  if (anthropic) {
    event(fd, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
    event(fd, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":40}}\n\n");
    event(fd, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
  } else {
    event(fd, DATA "[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n");
    event(fd, DATA "[],\"usage\":{\"prompt_tokens\":210,\"completion_tokens\":40,\"total_tokens\":250}}\n\n");
    event(fd, "data: [DONE]\n\n");
  }
  put(fd, "0\r\n\r\n", 5);
}

static void answer(int fd, Peer *p, size_t header) {
  char *steer = memmem(p->in, p->have, "[n=", 3);
  p->anthropic = memmem(p->in, header, "/messages", 9) != NULL;
  if (!memmem(p->in, p->have, "\"stream\":true", 13)) return whole(fd, p->anthropic ? ANTHROPIC : OPENAI);
  p->total = 50, p->gap = 0;
  if (steer) sscanf(steer, "[n=%d gap=%ld]", &p->total, &p->gap);
  head(fd, p->anthropic);
  p->left = p->total, p->due = now();
}

static void turn(int fd, Peer *p) { /* write every chunk that is due */
  while (p->left && p->due <= now()) {
    chunk(fd, p->anthropic);
    p->due += p->gap;
    if (!--p->left) tail(fd, p->anthropic);
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
