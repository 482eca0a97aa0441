package dev.llmpropagation.examples.spring;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class AssistantApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(AssistantApplication.class, arguments);
    }
}
