// The floor in C: sends the first 450 bytes of each INVITE back, with recvmmsg and sendmmsg, and does nothing else.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { batch = 64, most = 65535, answer = 450 };

static char data[batch][most];

int main(int argc, char **argv) {
	struct sockaddr_in self = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[argc - 1]))}, names[batch];
	struct mmsghdr in[batch], out[batch];
	struct iovec from[batch], to[batch];
	int room = 4 << 20, s = socket(AF_INET, SOCK_DGRAM, 0);
	inet_pton(AF_INET, "127.0.0.1", &self.sin_addr);
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	if (bind(s, (struct sockaddr *)&self, sizeof self))
		return 1;
	for (;;) {
		memset(in, 0, sizeof in);
		for (int i = 0; i < batch; i++) {
			from[i] = (struct iovec){data[i], most};
			in[i].msg_hdr = (struct msghdr){.msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &from[i], .msg_iovlen = 1};
		}
		int n = recvmmsg(s, in, batch, MSG_WAITFORONE, 0), m = 0;
		for (int i = 0; i < n; i++) {
			if (in[i].msg_len < answer || memcmp(data[i], "INVITE", 6))
				continue;
			to[m] = (struct iovec){data[i], answer};
			out[m] = in[i];
			out[m].msg_hdr.msg_iov = &to[m];
			m++;
		}
		for (int sent = 0, k; sent < m; sent += k)
			if ((k = sendmmsg(s, out + sent, m - sent, 0)) < 1)
				k = 1;
	}
}
