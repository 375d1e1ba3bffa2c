// Not run: there is no .NET on the machines where this project is tested.
// region docs
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

var builder = WebApplication.CreateBuilder(args);
var realm = builder.Configuration.GetSection("Countersign"); // Issuer, Audience, Type, Algorithm
builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
{
    options.Authority = realm["Issuer"]; // reads the metadata, and the keys again for an unknown "kid"
    options.MapInboundClaims = false; // otherwise "sub" and "scope" get other names
    options.TokenValidationParameters = new TokenValidationParameters
    {
        ValidIssuer = realm["Issuer"],
        ValidateAudience = realm["Audience"] is not null, // a token of the profile cognito has none
        ValidAudience = realm["Audience"],
        // "at+jwt" or "JWT"; a token of the profile cognito has no type, which no list can name: leave "Type" out there.
        ValidTypes = realm["Type"] is { } type ? [type] : null,
        ValidAlgorithms = [realm["Algorithm"]!],
        ClockSkew = TimeSpan.FromSeconds(2), // five minutes by default
    };
});
builder.Services.AddAuthorization();

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapGet("/v1/orders", (HttpContext context) => context.User.FindFirst("client_id")?.Value).RequireAuthorization();
app.Run();
// endregion
