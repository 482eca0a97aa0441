package com.google.genai;

/** Opens the SDK's own test mode, which it keeps to its package. */
public final class ReplayMode {

    private ReplayMode() {}

    public static void set(Client.Builder sdk, String directory) {
        sdk.debugConfig(new DebugConfig("replay", "", directory));
    }

    public static void start(Client client, String file) {
        client.setReplayId(file);
    }
}
