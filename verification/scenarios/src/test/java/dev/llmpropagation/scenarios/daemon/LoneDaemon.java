package dev.llmpropagation.scenarios.daemon;

import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.examples.daemon.AgentDaemon;
import dev.llmpropagation.examples.daemon.Exports;

/** The daemon of the running example in a process of its own, so that it can be killed. */
final class LoneDaemon {

    private LoneDaemon() {}

    /** Arguments: collector, the model services' URLs. Prints its own URL, and lives until it is killed. */
    public static void main(String[] arguments) throws Exception {
        Exports exports = Exports.to(arguments[0]);
        DaemonTelemetry telemetry =
                DaemonTelemetry.builder(exports.sdk("daemon")).build();
        AgentDaemon daemon = AgentDaemon.start(telemetry, exports, arguments[1], arguments[2]);
        System.out.println(daemon.url());
        Thread.currentThread().join();
    }
}
