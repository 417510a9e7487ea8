/* Stands in front of the C library and lets the disk fail: see disk.rs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;

/* Whether this call, the next one of its kind, is to fail. */
static int fails(const char *kind, int once, int error) {
    const char *wanted = getenv("DISK_FAILS"), *at = getenv("DISK_FAILS_AT");
    if (!wanted || !at || strcmp(wanted, kind)) return 0;
    int call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    if (once ? call != atoi(at) : call < atoi(at)) return 0;
    close(open(getenv("DISK_FAILED"), O_CREAT | O_WRONLY, 0600));
    errno = error;
    return 1;
}

static int is_file(int file) {
    struct stat about;
    return fstat(file, &about) == 0 && S_ISREG(about.st_mode);
}

/* A sync that fails: what was written is lost, and the next one knows nothing of it. */
#define LOST fails("sync", 1, EIO)

/* A full disk stays full. */
#define FULL(file) (is_file(file) && fails("write", 0, ENOSPC))

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

int fsync(int file) { return LOST ? -1 : REAL(fsync)(file); }

int fdatasync(int file) { return LOST ? -1 : REAL(fdatasync)(file); }

int sync_file_range(int file, off64_t from, off64_t bytes, unsigned int how) {
    return LOST ? -1 : REAL(sync_file_range)(file, from, bytes, how);
}

ssize_t write(int file, const void *bytes, size_t count) {
    return FULL(file) ? -1 : REAL(write)(file, bytes, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t from) {
    return FULL(file) ? -1 : REAL(pwrite64)(file, bytes, count, from);
}
