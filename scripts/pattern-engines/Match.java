// Reads lines of a pattern and a text in base64; writes whether the text matches, or why the pattern cannot be read.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

class Match {
    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null;) {
            var parts = line.split("\t", -1);
            try {
                System.out.println(Pattern.compile(decode(parts[0])).matcher(decode(parts[1])).find());
            } catch (PatternSyntaxException error) {
                System.out.println(error.getDescription());
            }
        }
    }

    static String decode(String part) {
        return new String(Base64.getDecoder().decode(part), StandardCharsets.UTF_8);
    }
}
