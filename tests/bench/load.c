/* A load of keep-alive clients, one thread, epoll.
 *
 *   cc -O2 -o load load.c
 *   ./load [-c CONNECTIONS] [-s SECONDS | -n REQUESTS] [-r RATE] [-k KEY] -b BODYFILE PORT PATH
 *
 * Without -r each client sends its next request when its last answer has ended. With -r requests are due at a constant
 * rate, whatever the server does, and time counts from the moment a request was due: a server that stalls is charged
 * for those who had to wait (https://www.scylladb.com/2021/04/22/on-coordinated-omission/). Either way every request
 * that was sent is waited for, so that what a server spent in all, divided by the answers, is exact.
 *
 * Prints one JSON object: answers, those that were bad (no 200, or a stream without its [DONE]), seconds, the time to
 * an answer's end and to a stream's first "data:" (p50 and p99, microseconds), and the CPU time of this program.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM (1 << 20)
#define PATIENCE 60e6 /* microseconds after which a server that owes answers is given up */

typedef struct {
  int fd, busy, chunked;
  char *in;
  size_t have, header, length;
  double due, first;
} Client;

typedef struct {
  double *at;
  long count, room;
} Times;

static char *request;
static size_t request_size;
static Times ends, firsts;
static long bad;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void add(Times *times, double time) {
  if (times->count == times->room) times->at = realloc(times->at, (size_t)(times->room = times->room ? times->room * 2 : 4096) * sizeof *times->at);
  times->at[times->count++] = time;
}

static int ascending(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

static double percentile(Times *times, double q) { return times->count ? times->at[(long)((double)(times->count - 1) * q)] : 0; }

static void ask(Client *c, double due) {
  c->busy = 1, c->have = c->header = 0, c->first = 0, c->due = due;
  for (size_t sent = 0; sent < request_size;) {
    ssize_t n = send(c->fd, request + sent, request_size - sent, MSG_NOSIGNAL);
    if (n <= 0) return; /* closed: reading says so */
    sent += (size_t)n;
  }
}

static int ended(Client *c) {
  if (!c->header) {
    char *end = memmem(c->in, c->have, "\r\n\r\n", 4);
    if (!end) return 0;
    c->header = (size_t)(end + 4 - c->in);
    char *length = strcasestr(c->in, "content-length:");
    c->chunked = !length || length > end;
    c->length = c->chunked ? 0 : strtoul(length + 15, NULL, 10);
  }
  if (!c->chunked) return c->have >= c->header + c->length;
  if (!c->first && memmem(c->in + c->header, c->have - c->header, "data:", 5)) c->first = now();
  return c->have >= c->header + 5 && !memcmp(c->in + c->have - 5, "0\r\n\r\n", 5);
}

static int good(Client *c) {
  return !memcmp(c->in, "HTTP/1.1 200", 12) && (!c->first || memmem(c->in + c->header, c->have - c->header, "[DONE]", 6));
}

static void note(Client *c) {
  c->busy = 0;
  if (!good(c) && !bad++) fprintf(stderr, "load: a bad answer: %.600s ... %s\n", c->in, c->have > 1000 ? c->in + c->have - 400 : "");
  add(&ends, now() - c->due);
  if (c->first) add(&firsts, c->first - c->due);
}

static void prepare(const char *path, const char *key, const char *file_name) {
  FILE *file = fopen(file_name, "rb");
  char *body = malloc(ROOM);
  size_t size = file ? fread(body, 1, ROOM, file) : 0;
  request = malloc(ROOM + 4096);
  request_size = (size_t)sprintf(request, "POST %s HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nauthorization: Bearer %s\r\ncontent-length: %zu\r\n\r\n", path, key, size);
  memcpy(request + request_size, body, size), request_size += size;
}

static int dial(Client *c, int ep, int port) {
  int one = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  c->fd = socket(AF_INET, SOCK_STREAM, 0), c->in = malloc(ROOM);
  if (connect(c->fd, (void *)&at, sizeof at)) return 0;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct epoll_event ev = {EPOLLIN, {.ptr = c}};
  return !epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
}

static int hear(Client *c) {
  ssize_t more = recv(c->fd, c->in + c->have, ROOM - c->have - 1, 0);
  if (more <= 0) return 0;
  c->have += (size_t)more, c->in[c->have] = 0;
  if (c->busy && ended(c)) note(c);
  return 1;
}

int main(int argc, char **argv) {
  int count = 1, ep = epoll_create1(0);
  long most = 0;
  double seconds = 1, rate = 0;
  const char *key = "", *body = "";
  for (int o; (o = getopt(argc, argv, "c:s:n:r:k:b:")) > 0;) switch (o) {
      case 'c': count = atoi(optarg); break;
      case 's': seconds = atof(optarg); break;
      case 'n': most = atol(optarg); break;
      case 'r': rate = atof(optarg); break;
      case 'k': key = optarg; break;
      case 'b': body = optarg; break;
      default: return 2;
    }
  if (argc - optind != 2) return 2;
  prepare(argv[optind + 1], key, body);
  Client *clients = calloc((size_t)count, sizeof *clients);
  for (int i = 0; i < count; i++)
    if (!dial(clients + i, ep, atoi(argv[optind]))) return perror("load: connect"), 1;
  if (rate && !most) most = (long)(rate * seconds);
  double start = now(), stop = most ? 1e300 : start + seconds * 1e6, last = start;
  for (long sent = 0;;) {
    double t = now(), due = rate ? start + (double)sent * 1e6 / rate : t;
    int under_way = 0;
    for (int i = 0; i < count; i++) {
      if (!clients[i].busy && t < stop && (!most || sent < most) && due <= t) {
        ask(clients + i, due), sent++;
        due = rate ? start + (double)sent * 1e6 / rate : t;
      }
      under_way += clients[i].busy;
    }
    if (!under_way && (t >= stop || (most && sent >= most))) break;
    if (t - last > PATIENCE) return fprintf(stderr, "load: no answer\n"), 1;
    double wait = rate && sent < most && under_way < count ? due - now() : 1e6;
    struct timespec pause = {0, wait <= 0 ? 0 : (long)(wait < 999999 ? wait * 1e3 : 999999999)};
    struct epoll_event got[256];
    int n = epoll_pwait2(ep, got, 256, &pause, NULL);
    for (int i = 0; i < n; i++)
      if (!hear(got[i].data.ptr)) return fprintf(stderr, "load: the server closed a connection\n"), 1;
    if (n > 0) last = now();
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  qsort(ends.at, (size_t)ends.count, sizeof *ends.at, ascending), qsort(firsts.at, (size_t)firsts.count, sizeof *firsts.at, ascending);
  printf("{\"answers\": %ld, \"bad\": %ld, \"seconds\": %.3f, \"p50\": %.1f, \"p99\": %.1f, \"ttft_p50\": %.1f, \"ttft_p99\": %.1f, \"cpu\": %.6f}\n",
         ends.count, bad, (now() - start) / 1e6, percentile(&ends, 0.5), percentile(&ends, 0.99), percentile(&firsts, 0.5), percentile(&firsts, 0.99), cpu);
  return 0;
}
