package dev.llmpropagation.testkit;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/** Whichever test is the first to use OpenTelemetry's Context: who opens a scope is known, as it is to a user's first. */
public final class ScopesFromTheStart implements LauncherSessionListener {

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        OpenScope.now();
    }
}
