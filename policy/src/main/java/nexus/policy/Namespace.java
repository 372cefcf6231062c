package nexus.policy;

/**
 * The namespaces that the client makes for the app, besides the user and mount namespaces, which it
 * is given.
 */
public enum Namespace {
  /** Processes: the app sees and signals its own only. */
  PID,
  /** System V IPC and POSIX message queues. */
  IPC,
  /** Host name. */
  UTS,
  /** The view of the cgroup tree. */
  CGROUP
}
