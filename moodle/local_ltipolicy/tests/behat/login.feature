@local @local_ltipolicy
Feature: People are asked for policies when they log in
  In order to enter the site
  As somebody with an account
  I need to answer the policies that the policy tool shows

  Background:
    Given the following "users" exist:
      | username | firstname | lastname | email             |
      | student1 | Student   | One      | student1@test.com |
    And the following config values are set as admin:
      | sitepolicyhandler | local_ltipolicy |

  Scenario: Without a policy tool nobody is held up
    When I log in as "student1"
    Then I should see "Dashboard"

  Scenario: While the tool is away people wait
    Given the following "mod_lti > tool types" exist:
      | name     | baseurl                          | coursevisible | state | ltiversion | initiatelogin                                                                  | publickeyset                      | redirectionuris                  |
      | Policies | http://localhost:9/lti/launch    | 1             | 1     | 1.3.0      | http://localhost:9/lti/login/01a201d6-0561-7633-8db3-37da390f0abf | http://localhost:9/lti/jwks | http://localhost:9/lti/launch |
    And I log in as "admin"
    And I navigate to "Users > Privacy and policies > Policies at login (ltipolicy)" in site administration
    And I set the field "Policy tool" to "Policies (localhost)"
    And I press "Save changes"
    And I log out
    When I log in as "student1"
    Then I should see "The policies cannot be shown now"
    And I should see "Try again"
    And I press "Log out"
    And I should see "You are logged out"

  Scenario: While the tool is away the site can let people in
    Given the following "mod_lti > tool types" exist:
      | name     | baseurl                          | coursevisible | state | ltiversion | initiatelogin                                                                  | publickeyset                      | redirectionuris                  |
      | Policies | http://localhost:9/lti/launch    | 1             | 1     | 1.3.0      | http://localhost:9/lti/login/01a201d6-0561-7633-8db3-37da390f0abf | http://localhost:9/lti/jwks | http://localhost:9/lti/launch |
    And I log in as "admin"
    And I navigate to "Users > Privacy and policies > Policies at login (ltipolicy)" in site administration
    And I set the field "Policy tool" to "Policies (localhost)"
    And I set the field "When the tool does not answer" to "Let in with a note"
    And I press "Save changes"
    And I log out
    When I log in as "student1"
    Then I should see "The policies of this site cannot be shown at the moment"
    And I should see "Dashboard"

  Scenario: Site administrators are never asked
    When I log in as "admin"
    Then I should see "Dashboard"
