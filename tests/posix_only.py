"""What only POSIX has: the package names none of it without a twin for Windows."""

POSIX_MODULES = frozenset(
    {
        *("crypt", "curses", "fcntl", "grp", "nis", "posix", "pty", "pwd", "readline", "resource", "spwd", "syslog"),
        *("termios", "tty"),
    }
)
POSIX_CALLS = frozenset(
    {
        *("os.chown", "os.fchown", "os.fork", "os.forkpty", "os.getegid", "os.geteuid", "os.getgid", "os.getgroups"),
        *("os.getpgid", "os.getuid", "os.initgroups", "os.kill", "os.killpg", "os.lchown", "os.mkfifo", "os.mknod"),
        *("os.nice", "os.openpty", "os.posix_spawn", "os.sched_getaffinity", "os.sched_setaffinity", "os.setgid"),
        *("os.setpgid", "os.setsid", "os.setuid", "os.statvfs", "os.uname", "os.wait", "os.wait4", "os.waitid"),
        *("os.waitpid", "select.epoll", "select.kqueue", "select.poll", "signal.SIGALRM", "signal.SIGCHLD"),
        *("signal.SIGHUP", "signal.SIGKILL", "signal.SIGPIPE", "signal.SIGQUIT", "signal.SIGSTOP", "signal.SIGUSR1"),
        *("signal.SIGUSR2", "signal.alarm", "signal.pause", "signal.pthread_kill", "signal.setitimer"),
        *(
            "signal.sigwait",
            "socket.AF_UNIX",
            "time.tzset",
            "asyncio.get_child_watcher",
            "asyncio.open_unix_connection",
        ),
        *("asyncio.set_child_watcher", "asyncio.start_unix_server"),
    }
)
POSIX_KEYWORDS = frozenset({"pass_fds", "preexec_fn"})
"""Arguments of `subprocess` that raise on Windows."""
