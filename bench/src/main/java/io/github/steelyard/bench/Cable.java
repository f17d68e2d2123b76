package io.github.steelyard.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Two network namespaces and a cable of a given speed between them: two machines, as far as a
 * program sees. Needs Linux, {@code ip} and {@code tc}, and the right to make namespaces.
 */
final class Cable implements AutoCloseable {
  /** What the interface at either end is called. */
  static final String NAME = "cable";

  private static final String ID = Long.toString(ProcessHandle.current().pid(), 36);
  private static final List<String> HOSTS = List.of("sy0" + ID, "sy1" + ID);
  private static final String NETWORK = "10.123.47.";

  private Cable() {}

  /**
   * Lays a cable.
   *
   * @param rate in either direction, in words of {@code tc}, such as {@code 1gbit}
   * @throws IOException if the machine does not allow it; the message says what it refused
   */
  static Cable lay(String rate) throws IOException, InterruptedException {
    Cable cable = new Cable();
    try {
      for (String host : HOSTS) {
        call("ip netns add " + host);
      }
      call(
          "ip link add %s netns %s type veth peer name %s netns %s"
              .formatted(NAME, HOSTS.get(0), NAME, HOSTS.get(1)));
      for (int host = 0; host < 2; host++) {
        String at = HOSTS.get(host);
        call("ip -n " + at + " addr add " + cable.address(host) + "/24 dev " + NAME);
        call("ip -n " + at + " link set " + NAME + " up");
        call("ip -n " + at + " link set lo up");
        // A token bucket: the same as netem's rate, which fewer kernels have.
        call(
            "ip netns exec %s tc qdisc add dev %s root tbf rate %s burst 256kb latency 50ms"
                .formatted(at, NAME, rate));
      }
      return cable;
    } catch (IOException e) {
      cable.close();
      throw e;
    }
  }

  /** The words before a command that runs at one end. */
  List<String> at(int host) {
    return List.of("ip", "netns", "exec", HOSTS.get(host));
  }

  /** The address of one end. */
  String address(int host) {
    return NETWORK + (host + 1);
  }

  private static void call(String words) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(List.of(words.split(" ", -1))).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(words + ": " + said.strip());
    }
  }

  @Override
  public void close() throws InterruptedException {
    for (String host : HOSTS) {
      try {
        call("ip netns del " + host);
      } catch (IOException e) {
        System.err.println(e.getMessage());
      }
    }
  }
}
