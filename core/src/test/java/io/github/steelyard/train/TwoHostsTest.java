package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.steelyard.testing.ChildJvm;
import io.github.steelyard.testing.Ranks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two ranks in network namespaces of their own, which know nothing but a cable between them: what
 * two machines are to a program. Needs the right to make namespaces.
 */
@Tag("once")
class TwoHostsTest {
  private static final String ID = Long.toString(ProcessHandle.current().pid(), 36);
  private static final List<String> HOSTS = List.of("sy0" + ID, "sy1" + ID);
  private static final String ADDRESS = "10.123.45.";

  private final List<String> refused = new ArrayList<>();

  private void ip(String words) throws IOException, InterruptedException {
    Process process;
    try {
      process =
          new ProcessBuilder(List.of(("ip " + words).split(" ", -1)))
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      refused.add(e.getMessage());
      return;
    }
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      refused.add("ip " + words + ": " + said);
    }
  }

  @BeforeEach
  void connect() throws IOException, InterruptedException {
    ip("netns add " + HOSTS.get(0));
    assumeTrue(refused.isEmpty(), () -> "no namespaces can be made here: " + refused);
    ip("netns add " + HOSTS.get(1));
    String cable = "type veth peer name cable netns " + HOSTS.get(1);
    ip("link add cable netns " + HOSTS.get(0) + " " + cable);
    for (int host = 0; host < 2; host++) {
      ip("-n " + HOSTS.get(host) + " addr add " + ADDRESS + (host + 1) + "/24 dev cable");
      ip("-n " + HOSTS.get(host) + " link set cable up");
      ip("-n " + HOSTS.get(host) + " link set lo up");
    }
    assumeTrue(refused.isEmpty(), () -> "no cable can be laid here: " + refused);
  }

  @AfterEach
  void disconnect() throws IOException, InterruptedException {
    for (String host : HOSTS) {
      ip("netns del " + host);
    }
  }

  private static ChildJvm.Running rank(int rank) throws IOException {
    return Ranks.rank(rank, 2, 29500, RankProgram.class, "resnet8", "deterministic")
        .environment("MASTER_ADDR", ADDRESS + 1)
        .environment("LOCAL_RANK", "0")
        .environment("GLOO_SOCKET_IFNAME", "cable")
        .limit("exec ip netns exec " + HOSTS.get(rank) + " \"$@\"")
        .start();
  }

  @Test
  void givenTwoHosts_whenTheyTrainOneNetwork_thenItIsThatOfOneProcess() throws Exception {
    List<ChildJvm.Running> ranks = List.of(rank(0), rank(1));
    String one = RankProgram.train("resnet8", "deterministic");

    for (ChildJvm.Result rank : Ranks.await(ranks)) {
      assertThat(rank.exitCode()).as(rank.errors()).isZero();
      assertThat(rank.output().strip()).isEqualTo(one);
    }
  }
}
