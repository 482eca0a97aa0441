package dev.llmpropagation.doctor;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what is wrong with a command line without repeating a value of it: any of them may be a key in a wrong place. */
final class WrongUsage implements IParameterExceptionHandler {

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println(message(e, command));
        if (!UnmatchedArgumentException.printSuggestions(e, err)) {
            command.usage(err);
        }
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    private static String message(ParameterException e, CommandLine command) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> options = unmatched.getUnmatched().stream()
                    .filter(argument -> argument.startsWith("-"))
                    .map(WrongUsage::name)
                    .toList();
            return options.isEmpty()
                    ? (command.getSubcommands().isEmpty() ? "There is" : "There is no such command, or")
                            + " an argument too many. It is not repeated here, since it may be a secret."
                    : "Unknown option: " + String.join(", ", options);
        }
        if (e.getArgSpec() instanceof OptionSpec option && e.getValue() != null) {
            return option.longestName()
                    + ": that is no value for it. It is not repeated here, since it may be a secret.";
        }
        return String.valueOf(e.getMessage());
    }

    /** Without a value that is written to it. */
    private static String name(String argument) {
        int equals = argument.indexOf('=');
        String name = equals < 0 ? argument : argument.substring(0, equals);
        return name.startsWith("--") ? name : name.substring(0, Math.min(2, name.length()));
    }
}
