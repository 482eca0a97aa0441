package dev.llmpropagation.doctor.show;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** One line on standard error that says what is waited for, where a human looks at it. It goes when it is done. */
public final class Progress {

    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");
    private static final String START_OF_LINE = "\r\u001b[K";

    private final PrintWriter err;
    private final boolean shown;

    private Progress(PrintWriter err, boolean shown) {
        this.err = err;
        this.shown = shown;
    }

    /** Shows nothing unless standard error is a terminal. */
    public static Progress to(PrintWriter err) {
        return new Progress(err, isTerminal());
    }

    public void waitingFor(String what) {
        if (shown) {
            err.print(START_OF_LINE + "… " + what);
            err.flush();
        }
    }

    public void done() {
        if (shown) {
            err.print(START_OF_LINE);
            err.flush();
        }
    }

    private static boolean isTerminal() {
        try {
            // Standard output may well go into a file, and then there is no Console.
            return Files.readSymbolicLink(STANDARD_ERROR).toString().matches("/dev/(pts/|tty|console).*");
        } catch (IOException | UnsupportedOperationException e) {
            return isConsole();
        }
    }

    @SuppressWarnings("SystemConsoleNull") // up to Java 21 it is null without a terminal; later ones are asked below
    private static boolean isConsole() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            // From Java 22 on there is a Console without a terminal too.
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
